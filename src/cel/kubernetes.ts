import type { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { compareQuantities, parseQuantity, type Quantity } from '../manifest/quantity.ts'
import { createEnvironment } from './library.ts'
import { registerNetwork } from './network.ts'
import { registerVersions } from './versions.ts'

class QuantityValue {
  readonly quantity: Quantity

  constructor(quantity: Quantity) {
    this.quantity = quantity
  }
}

class UrlValue {
  readonly url: URL
  /** As it was written, for the parts that `URL` rewrites. */
  readonly text: string

  constructor(text: string) {
    this.text = text
    this.url = new URL(text, 'scheme-less://')
  }
}

type List = readonly unknown[]

let base: Environment | undefined

/**
 * The functions that Kubernetes' expressions may use, in validation rules of CRDs and in admission: those of `library.ts`, and
 * Kubernetes' own for lists, regular expressions, URLs, quantities, networks and versions; only the named formats are missing. Names that are not declared are an error of the check;
 * each variable has the CEL type that is given.
 */
export function createKubernetesEnvironment(variables: Readonly<Record<string, string>>): Environment {
  base ??= createBase()
  const environment = base.clone({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false })
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  return environment
}

function createBase(): Environment {
  const environment = createEnvironment(undefined)
  registerLists(environment)
  registerPatterns(environment)
  registerUrls(environment)
  registerQuantities(environment)
  registerNetwork(environment)
  registerVersions(environment)
  return environment
}

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: List) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: List) =>
      list.reduce<number | bigint>(
        (sum, item) => (typeof sum === 'bigint' && typeof item === 'bigint' ? sum + item : Number(sum) + Number(item)),
        0n,
      ),
    )
    .registerFunction('list.min(): dyn', (list: List) => extreme(list, -1))
    .registerFunction('list.max(): dyn', (list: List) => extreme(list, 1))
    .registerFunction('list.pointIndexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findIndex(one => compare(one, item) === 0)),
    )
    .registerFunction('list.pointLastIndexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findLastIndex(one => compare(one, item) === 0)),
    )
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0
  return (a as string) < (b as string) ? -1 : 1
}

function extreme(list: List, direction: number): unknown {
  if (list.length === 0) throw new Error(`${direction < 0 ? 'min' : 'max'} called on empty list`)
  return list.reduce((best, item) => (compare(item, best) === direction ? item : best))
}

function registerPatterns(environment: Environment): void {
  environment
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      findAll(text, pattern, Number(limit)),
    )
}

function findAll(text: string, pattern: string, limit: number): string[] {
  const matcher = RE2JS.compile(pattern).matcher(text)
  const found: string[] = []
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

/** An absolute URL, or a path from the root. */
function isUrl(text: string): boolean {
  return text.startsWith('/') || (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text))
}

function registerUrls(environment: Environment): void {
  const read = (text: string) => {
    if (!isUrl(text))
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    return new UrlValue(text)
  }
  const scheme = ({ text, url }: UrlValue) => (text.startsWith('/') ? '' : url.protocol.slice(0, -1))
  environment
    .registerType('kubernetes.URL', UrlValue)
    .registerFunction('url(string): kubernetes.URL', read)
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('kubernetes.URL.getScheme(): string', scheme)
    .registerFunction('kubernetes.URL.getHost(): string', ({ url }: UrlValue) => url.host)
    .registerFunction('kubernetes.URL.getHostname(): string', ({ url }: UrlValue) =>
      url.hostname.replace(/^\[|\]$/g, ''),
    )
    .registerFunction('kubernetes.URL.getPort(): string', ({ url }: UrlValue) => url.port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', ({ url }: UrlValue) => url.pathname)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', ({ url }: UrlValue) =>
      Object.fromEntries([...url.searchParams.keys()].map(key => [key, url.searchParams.getAll(key)])),
    )
}

function registerQuantities(environment: Environment): void {
  const read = (text: string): QuantityValue => {
    const parsed = parseQuantity(text)
    if (typeof parsed === 'string') throw new Error(parsed)
    return new QuantityValue(parsed)
  }
  const by = (a: QuantityValue, b: QuantityValue) => compareQuantities(a.quantity, b.quantity)
  environment
    .registerType('kubernetes.Quantity', QuantityValue)
    .registerFunction('quantity(string): kubernetes.Quantity', read)
    .registerFunction('isQuantity(string): bool', (text: string) => typeof parseQuantity(text) !== 'string')
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => by(a, b) < 0,
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => by(a, b) > 0,
    )
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: QuantityValue, b: QuantityValue) =>
      BigInt(Math.sign(by(a, b))),
    )
}
