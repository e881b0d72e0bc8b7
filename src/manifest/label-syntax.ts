const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const nameForm = new RegExp(`^(${NAME})$`)
const valueForm = new RegExp(`^(${NAME})?$`)
const subdomainForm = new RegExp(`^${SUBDOMAIN}$`)

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  'and must start and end with an alphanumeric character'

/** What the API server finds wrong with a label or annotation key (`[prefix/]name`), in its words; empty when it is valid. */
export function qualifiedNameErrors(key: string): readonly string[] {
  const parts = key.split('/')
  if (parts.length > 2) {
    const rule = withExamples(NAME_RULE, NAME, ['MyName', 'my.name', '123-abc'])
    return [`a qualified name ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const errors: string[] = []
  const name = parts.at(-1) ?? ''
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') errors.push('prefix part must be non-empty')
    else errors.push(...subdomainErrors(prefix).map(error => `prefix part ${error}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > 63) errors.push('name part must be no more than 63 characters')
  if (!nameForm.test(name)) errors.push(`name part ${withExamples(NAME_RULE, NAME, ['MyName', 'my.name', '123-abc'])}`)
  return errors
}

/** What the API server finds wrong with a label value; empty when it is valid. */
export function labelValueErrors(value: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(value) > 63) errors.push('must be no more than 63 characters')
  if (!valueForm.test(value)) {
    const rule = `a valid label must be an empty string or ${NAME_RULE.replace('must ', '')}`
    errors.push(withExamples(rule, `(${NAME})?`, ['MyValue', 'my_value', '12345']))
  }
  return errors
}

/** What the API server finds wrong with a DNS subdomain (most object names); empty when it is valid. */
export function subdomainErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > 253) errors.push('must be no more than 253 characters')
  if (!subdomainForm.test(text)) errors.push(withExamples(SUBDOMAIN_RULE, SUBDOMAIN, ['example.com']))
  return errors
}

function withExamples(rule: string, form: string, examples: readonly string[]): string {
  const shown = examples.map(example => `'${example}', `).join(' or ')
  return `${rule} (e.g. ${shown}regex used for validation is '${form}')`
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
