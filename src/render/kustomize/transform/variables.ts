import { compareText } from '../../../manifest/compare-text.ts'
import type { JsonValue } from '../../../manifest/json.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { splitFieldPath, splitIndexes } from '../field-path.ts'
import { editField, type FieldSpec } from '../field-spec.ts'
import { formatFloatG } from '../go-text.ts'
import type { Variable } from '../kustomization-fields.ts'
import { spendText } from '../meter.ts'
import { isNull, isStringNode, lookup } from '../node.ts'
import { fail, Problem } from '../problem.ts'
import type { Resource } from '../resource.ts'
import { formatGvk, isClusterScoped, type ResourceId, sameGvk, sameId, splitGroupVersion } from '../resource-id.ts'
import { matchingAnyId, type ResourceList } from '../resource-list.ts'
import { toValue } from '../value.ts'

/** A variable with its defaults: the field it takes its value from, and the id of the object. */
export interface ResolvedVariable {
  readonly name: string
  readonly target: ResourceId
  readonly fieldPath: string
}

export function resolveVariable({ name, objref, fieldref }: Variable): ResolvedVariable {
  const gv = objref.apiVersion === '' ? undefined : splitGroupVersion(objref.apiVersion)
  return {
    name,
    target: {
      group: gv === undefined || gv.group === '' ? objref.group : gv.group,
      version: gv?.version ?? objref.version,
      kind: objref.kind,
      name: objref.name,
      namespace: objref.namespace,
    },
    fieldPath: fieldref.fieldPath === '' ? 'metadata.name' : fieldref.fieldPath,
  }
}

/** `{name Kind.version.group {field}}`, as Go prints a variable. */
export function formatVariable(variable: ResolvedVariable): string {
  return `{${variable.name} ${formatGvk(variable.target)} {${variable.fieldPath}}}`
}

/** Variables as they are printed before their defaults are filled in. */
export function formatRawVariables(variables: readonly Variable[]): string {
  return `[${variables
    .map(variable => {
      return `{${variable.name} ${formatGvk(variable.objref)} {${variable.fieldref.fieldPath}}}`
    })
    .join(' ')}]`
}

/** Adds the variables of one kustomization: the object that gives the value is chosen now, its value is read at the end. */
export function addVariables(
  list: ResourceList,
  known: Map<string, ResolvedVariable>,
  variables: readonly Variable[],
): void {
  for (const raw of variables) {
    const variable = resolveVariable(raw)
    const { target } = variable
    const exact = target.namespace !== '' || isClusterScoped(target)
    const found = matchingAnyId(list, id =>
      exact ? sameId(target, id) : target.name === id.name && sameGvk(target, id),
    )
    if (found.length > 1)
      fail(
        `found ${found.length} resId matches for var ${formatVariable({ ...variable, fieldPath: raw.fieldref.fieldPath })} (unable to disambiguate)`,
        { code: 'variable-ambiguous', hint: 'give objref a namespace' },
      )
    found[0]?.variables.push(variable.name)
  }
  for (const raw of variables) addVariable(known, resolveVariable(raw))
}

export function addVariable(known: Map<string, ResolvedVariable>, variable: ResolvedVariable): void {
  if (known.has(variable.name)) fail(`var '${variable.name}' already encountered`, { code: 'variable-repeated' })
  known.set(variable.name, variable)
}

type VariableValue = string | number | bigint | boolean

/** Replaces `$(NAME)` in all fields of the specs. Returns the names that were never used. */
export function replaceVariables(
  list: ResourceList,
  known: ReadonlyMap<string, ResolvedVariable>,
  specs: readonly FieldSpec[],
): string[] {
  const values = new Map<string, JsonValue>()
  for (const name of [...known.keys()].toSorted(compareText)) {
    const variable = known.get(name)
    if (variable !== undefined) values.set(name, valueOfVariable(list.items, variable))
  }
  if (values.size === 0) return []
  const used = new Set<string>()
  const readVariable = (name: string): VariableValue => {
    const value = values.get(name)
    if (value === undefined || value === null || typeof value === 'object') return `$(${name})`
    used.add(name)
    return value
  }
  for (const { node } of list.items)
    for (const spec of specs) editField(node, spec, { set: field => expandNode(field, readVariable) })
  return [...values.keys()].filter(name => !used.has(name))
}

function valueOfVariable(items: readonly Resource[], variable: ResolvedVariable): JsonValue {
  for (const resource of items) {
    if (!resource.variables.includes(variable.name)) continue
    const value = fieldValue(resource.node, variable.fieldPath)
    if (value === undefined)
      fail(`field specified in var '${formatVariable(variable)}' not found in corresponding resource`, {
        code: 'variable-field-missing',
        position: resource.node.line > 0 ? resource.node : undefined,
      })
    return value
  }
  return fail(`var '${formatVariable(variable)}' cannot be mapped to a field in the set of known resources`, {
    code: 'variable-object-missing',
    derived: true,
  })
}

function fieldValue(node: YamlNode, path: string): JsonValue | undefined {
  let found: YamlNode | undefined
  try {
    found = lookup(node, splitIndexes(splitFieldPath(path)))
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
  if (found === undefined) return undefined
  if (found.kind !== 'scalar') return toValue(found)
  switch (found.tag) {
    case '!!int':
      return decimal(found.value)
    case '!!float':
      return Number(found.value)
    case '!!bool':
      return /^(true|True|TRUE)$/.test(found.value)
    default:
      return found.value
  }
}

/** An integer in decimal digits; undefined for other notations, which the original does not take. */
function decimal(text: string): number | bigint | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function expandNode(node: YamlNode, readVariable: (name: string) => VariableValue): void {
  if (isNull(node)) return
  switch (node.kind) {
    case 'scalar':
      if (isStringNode(node)) update(node, expand(node.value, readVariable))
      return
    case 'mapping':
      for (let i = 0; i < node.content.length; i += 2) {
        const key = node.content[i] as YamlNode
        const value = node.content[i + 1] as YamlNode
        if (!isStringNode(key))
          fail(`invalid map key: value='${key.value}', tag='${key.tag}'`, { code: 'key-not-a-string' })
        if (isStringNode(value)) update(value, expand(value.value, readVariable))
      }
      return
    case 'sequence':
      for (const item of node.content) {
        if (!isStringNode(item)) fail('invalid value type expect a string', { code: 'wrong-value-type' })
        update(item, expand(item.value, readVariable))
      }
      return
    default:
      fail('invalid type encountered 16', { code: 'wrong-node-kind' })
  }
}

function update(node: YamlNode, value: VariableValue): void {
  if (typeof value === 'string') {
    spendText(value.length)
    node.value = value
    node.tag = '!!str'
  } else if (typeof value === 'boolean') {
    node.value = String(value)
    node.tag = '!!bool'
  } else {
    const isInteger = typeof value === 'bigint' || Number.isInteger(value)
    node.value = String(value)
    node.tag = isInteger ? '!!int' : '!!float'
  }
  node.style = 'plain'
}

/** Expands `$(NAME)`; `$$` is one `$`. Text that is nothing but a variable takes the variable's type. */
export function expand(text: string, readVariable: (name: string) => VariableValue): VariableValue {
  let out = ''
  let start = 0
  const last = text.lastIndexOf(')')
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 >= text.length) continue
    out += text.slice(start, i)
    const next = text[i + 1] as string
    const close = next === '(' && i < last ? text.indexOf(')', i + 2) : -1
    if (next === '$') {
      out += '$'
      i += 1
    } else if (close >= 0) {
      const name = text.slice(i + 2, close)
      const value = readVariable(name)
      if (text === `$(${name})`) return value
      out += typeof value === 'number' ? formatFloatV(value) : String(value)
      i = close
    } else {
      out += `$${next}`
      i += 1
    }
    start = i + 1
  }
  return out + text.slice(start)
}

const formatFloatV = (value: number): string => (Number.isInteger(value) ? String(value) : formatFloatG(value))
