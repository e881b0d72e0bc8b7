import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { type Field, flag, message, nested, text, texts } from '../protobuf/encode.ts'

/**
 * An OpenAPI v2 document in the protobuf form of gnostic's `openapi.v2.Document`, which is the only one that kubectl and
 * client-go ask for.
 */
export function openApiV2Protobuf(document: JsonObject): Buffer {
  const info = object(document['info'])
  return message(
    text(1, document['swagger']),
    nested(2, message(text(1, info['title']), text(2, info['version']))),
    nested(8, message(named(2, object(document['paths']), pathItem))),
    nested(9, message(named(1, object(document['definitions']), schema))),
  )
}

/** Pairs of a name and a message. */
function named(number: number, values: JsonObject, encode: (value: JsonObject) => Uint8Array): readonly Field[] {
  return Object.entries(values).map(([name, value]) =>
    nested(number, message(text(1, name), nested(2, encode(object(value))))),
  )
}

function pathItem(item: JsonObject): Buffer {
  const methods: readonly (readonly [string, number])[] = [
    ['get', 2],
    ['put', 3],
    ['post', 4],
    ['delete', 5],
    ['patch', 8],
  ]
  return message(
    methods.map(([name, number]) => (isObject(item[name]) ? nested(number, operation(item[name])) : undefined)),
  )
}

function operation(value: JsonObject): Buffer {
  const parameters = Array.isArray(value['parameters']) ? (value['parameters'] as readonly JsonObject[]) : []
  return message(
    text(5, value['operationId']),
    texts(6, value['produces']),
    texts(7, value['consumes']),
    parameters.map(parameter => nested(8, message(nested(1, queryParameter(parameter))))),
    nested(9, message(nested(1, message(text(1, '200'), nested(2, message(nested(1, message(text(1, 'OK'))))))))),
    extensions(13, value),
  )
}

function queryParameter(parameter: JsonObject): Buffer {
  const query = message(
    text(2, parameter['in']),
    text(4, parameter['name']),
    text(6, parameter['type']),
    flag(20, parameter['uniqueItems']),
  )
  return message(nested(2, message(nested(3, query))))
}

function schema(value: JsonObject): Buffer {
  const { additionalProperties, items, properties } = value
  const type = value['type']
  return message(
    text(1, value['$ref']),
    text(2, value['format']),
    text(4, value['description']),
    value['default'] === undefined ? undefined : nested(5, any(value['default'])),
    texts(19, value['required']),
    Array.isArray(value['enum']) ? value['enum'].map(one => nested(20, any(one as JsonValue))) : [],
    isObject(additionalProperties)
      ? nested(21, message(nested(1, schema(additionalProperties))))
      : additionalProperties === true
        ? nested(21, message(flag(2, true)))
        : undefined,
    typeof type === 'string' ? nested(22, message(text(1, type))) : undefined,
    isObject(items) ? nested(23, message(nested(1, schema(items)))) : undefined,
    isObject(properties) ? nested(25, message(named(1, properties, schema))) : undefined,
    extensions(31, value),
  )
}

function extensions(number: number, value: JsonObject): readonly Field[] {
  return Object.entries(value)
    .filter(([key, item]) => key.startsWith('x-') && item !== undefined)
    .map(([key, item]) => nested(number, message(text(1, key), nested(2, any(item ?? null)))))
}

/** Any value, as YAML text. */
function any(value: JsonValue): Buffer {
  return message(text(2, `${JSON.stringify(value)}\n`))
}

function object(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}
