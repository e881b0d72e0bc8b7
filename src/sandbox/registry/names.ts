import { subdomainErrors } from '../../manifest/label-syntax.ts'
import type { NameRule } from '../kind.ts'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
  'and must start and end with an alphanumeric character'
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
  'start with an alphabetic character, and end with an alphanumeric character'

/** What the server finds wrong with a name; `prefix` for a `generateName`, whose end is still to come. */
export function nameErrors(rule: NameRule, name: string, prefix = false): readonly string[] {
  const text =
    prefix && name.length > 1 && rule !== 'pathSegment'
      ? `${name.replace(/-$/, '')}${name.endsWith('-') ? 'a' : ''}`
      : name
  switch (rule) {
    case 'dns1123Subdomain':
      return subdomainErrors(text)
    case 'dns1123Label':
      return labelErrors(text, LABEL, LABEL_RULE, ['my-name', '123-abc'])
    case 'dns1035Label':
      return labelErrors(text, LABEL_1035, LABEL_1035_RULE, ['my-name', 'abc-123'])
    case 'pathSegment':
      return pathSegmentErrors(name, prefix)
  }
}

/** What the server finds wrong with a DNS-1123 label, such as a namespace's name. */
export function labelNameErrors(name: string): readonly string[] {
  return nameErrors('dns1123Label', name)
}

function labelErrors(text: string, form: string, rule: string, examples: readonly string[]): readonly string[] {
  const errors: string[] = []
  if (Buffer.byteLength(text) > 63) errors.push('must be no more than 63 characters')
  if (!new RegExp(`^${form}$`).test(text)) {
    // a subdomain where a label is wanted is wrong in one way only
    if (form === LABEL && subdomainErrors(text).length === 0) return [...errors, 'must not contain dots']
    const shown = examples.map(example => `'${example}', `).join(' or ')
    errors.push(`${rule} (e.g. ${shown}regex used for validation is '${form}')`)
  }
  return errors
}

function pathSegmentErrors(name: string, prefix: boolean): readonly string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`)
}
