import { isArray, isObject, type JsonObject, type JsonValue } from '../../../src/manifest/json.ts'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g

/** Puts fixed words in place of what differs from run to run: the namespace, identifiers, times, addresses. */
export function maskText(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, '$ns')
    .replace(/(resourceVersion\W+)\d+/g, '$1<resourceVersion>')
    .replace(uuid, '<uid>')
    .replace(time, '<time>')
    .replace(/\b10\.96\.\d+\.\d+\b/g, '<cluster-ip>')
    .replace(/\b(127\.0\.0\.1|localhost):\d+\b/g, '<server>')
}

/** Command output: also ages in tables, and runs of spaces, whose width depends on them. */
export function maskOutput(text: string, namespace: string): string {
  return maskText(text, namespace)
    .replace(/\b(\d+[smhd]){1,2}\b(?= *(\n|$| {2}))/g, '<age>')
    .split('\n')
    .map(line => line.replace(/ {2,}/g, '  ').trimEnd())
    .join('\n')
}

/** An answer of the API. Fields that are empty because the server leaves them out count as left out. */
export function maskBody(value: JsonValue, namespace: string): JsonValue {
  return mask(value, namespace, '')
}

function mask(value: JsonValue, namespace: string, field: string): JsonValue {
  if (typeof value === 'string') {
    if (value === '') return ''
    if (field === 'resourceVersion' || field === 'continue') return `<${field}>`
    if (field === 'token' || field === 'storageVersionHash') return `<${field}>`
    return maskText(value, namespace)
  }
  if (isArray(value)) {
    const items = value.map(item => mask(item, namespace, ''))
    // Owners stand by the second in which they wrote, which is another one in every run.
    return field === 'managedFields' ? items.toSorted((a, b) => (ownerKey(a) < ownerKey(b) ? -1 : 1)) : items
  }
  if (!isObject(value)) return field === 'nodePort' ? '<port>' : value
  const generated = value['generateName']
  const fields = Object.entries(value).map(([name, item]) => {
    if (name === 'name' && typeof generated === 'string' && typeof item === 'string' && item !== generated) {
      return [name, `${maskText(generated, namespace)}<random>`]
    }
    // Columns are described by the documentation of the fields they show; that text is no behaviour.
    if (name === 'description' && typeof value['priority'] === 'number') return [name, '<text>']
    return [maskText(name, namespace), item === undefined ? item : mask(item, namespace, name)]
  })
  return Object.fromEntries(fields) as JsonObject
}

function ownerKey(entry: JsonValue): string {
  const { manager = '', operation = '', apiVersion = '', subresource = '' } = isObject(entry) ? entry : {}
  return [operation, manager, apiVersion, subresource].join(' ')
}
