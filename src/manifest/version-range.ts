/** A version as semver 2 has it. `text` is what was read. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: string
  readonly build: string
  readonly text: string
}

const versionPattern =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

/** Reads a version leniently, as Masterminds/semver does: optional `v`, missing minor or patch, leading zeros. */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text)
  if (match === null) return undefined
  const [, major, minor = '0', patch = '0', prerelease = '', build = ''] = match
  if (prerelease.split('.').some(part => /^0\d+$/.test(part))) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease, build, text }
}

/** Reads a version as Flux does for tags: like `parseVersion`, but all three numbers must be there. */
export function parseFullVersion(text: string): Version | undefined {
  return text.split('.').length < 3 ? undefined : parseVersion(text)
}

/** Negative where `a` comes before `b`. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePrerelease(a.prerelease, b.prerelease)
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i]
    const y = right[i]
    if (x === y) continue
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    const numeric = [/^\d+$/.test(x), /^\d+$/.test(y)] as const
    if (numeric[0] && numeric[1]) return Number(x) - Number(y) || 0
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1
    return x < y ? -1 : 1
  }
  return 0
}

/** A range of versions; `matches` says whether a version lies in it. */
export interface VersionRange {
  readonly text: string
  matches(version: Version): boolean
}

/**
 * Reads a range in the syntax of Masterminds/semver 3, which Helm and Flux use: `=`, `!=`, `>`, `<`, `>=`, `=>`, `<=`, `=<`,
 * `~`, `~>`, `^`, wildcards `x`, `X`, `*`, hyphen ranges, `,` or space for and, `||` for or. Versions with a prerelease are
 * in it only where one of the comparisons that are joined by "and" names a prerelease. Undefined where the text is no range.
 */
export function parseVersionRange(text: string): VersionRange | undefined {
  const alternatives = text.replaceAll(hyphenRange, '>= $1, <= $2 ').split('||').map(parseGroup)
  if (alternatives.some(group => group === undefined)) return undefined
  return { text, matches: version => alternatives.some(group => groupMatches(group!, version)) }
}

const identifiers = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`
const operand = String.raw`v?[0-9xX*]+(?:\.[0-9xX*]+)?(?:\.[0-9xX*]+)?(?:-${identifiers})?(?:\+${identifiers})?`
const operator = String.raw`!=|>=|=>|<=|=<|~>|=|>|<|~|\^|`
const hyphenRange = new RegExp(String.raw`\s*(${operand})\s+-\s+(${operand})\s*`, 'g')
const first = String.raw`\s*(?:${operator})\s*(?:${operand})\s*`
const following = String.raw`(?:\s+|,\s*)(?:${operator})\s*(?:${operand})\s*`
const group = new RegExp(`^${first}(?:${following})*$`)
const comparison = new RegExp(String.raw`(${operator})\s*(${operand})`, 'g')

/** A version to compare with. `partial` says which number is missing or a wildcard; it counts as 0 then. */
interface Operand {
  readonly version: Version
  readonly partial?: 'major' | 'minor' | 'patch'
}

interface Comparison extends Operand {
  readonly operator: string
}

function parseGroup(text: string): readonly Comparison[] | undefined {
  if (!group.test(text)) return undefined
  const comparisons = Array.from(text.matchAll(comparison), ([, sign = '', number = '']) => {
    const parsed = parseOperand(number)
    return parsed === undefined ? undefined : { operator: sign, ...parsed }
  })
  return comparisons.some(each => each === undefined) ? undefined : (comparisons as Comparison[])
}

function parseOperand(text: string): Operand | undefined {
  const [, major = '', minor = '', patch = '', suffix = ''] =
    /^v?([0-9xX*]+)(?:\.([0-9xX*]+))?(?:\.([0-9xX*]+))?(-[^+]*)?/.exec(text) ?? []
  const wild = (part: string) => /^[xX*]?$/.test(part)
  const partial = wild(major) ? 'major' : wild(minor) ? 'minor' : wild(patch) ? 'patch' : undefined
  const numbers = { major: '0.0.0', minor: `${major}.0.0`, patch: `${major}.${minor}.0` }
  const version = parseVersion(partial === undefined ? text : `${numbers[partial]}${suffix}`)
  return version === undefined ? undefined : { version, ...(partial === undefined ? {} : { partial }) }
}

function groupMatches(comparisons: readonly Comparison[], version: Version): boolean {
  if (version.prerelease !== '' && comparisons.every(each => each.version.prerelease === '')) return false
  return comparisons.every(each => checks[each.operator]!(version, each))
}

type Check = (version: Version, operand: Operand) => boolean

const sameMajor = (a: Version, b: Version) => a.major === b.major
const sameMinor = (a: Version, b: Version) => sameMajor(a, b) && a.minor === b.minor

/** The last number given may grow, or the patch where all three are. 0.0.0 and `*` stand for everything. */
const tilde: Check = (version, { version: low, partial }) => {
  if (compareVersions(version, low) < 0) return false
  if (low.major === 0 && low.minor === 0 && low.patch === 0 && (partial === undefined || partial === 'major'))
    return true
  return partial === 'minor' ? sameMajor(version, low) : sameMinor(version, low)
}

/** Nothing left of the first number that is not zero may change. `^*` is `^0.0.0`, as in the original. */
const caret: Check = (version, { version: low, partial }) => {
  if (compareVersions(version, low) < 0) return false
  if (low.major > 0 || partial === 'minor') return sameMajor(version, low)
  if (low.minor > 0 || partial === 'patch') return sameMinor(version, low)
  return sameMinor(version, low) && version.patch === low.patch
}

/** Wildcards stand for all versions that begin like this; a prerelease is something else, though. */
const differs: Check = (version, { version: other, partial }) => {
  if (partial === 'minor') return !sameMajor(version, other)
  if (partial !== 'patch') return compareVersions(version, other) !== 0
  return !sameMinor(version, other) || version.prerelease !== other.prerelease
}

const equals: Check = (version, operand) =>
  operand.partial === undefined ? compareVersions(version, operand.version) === 0 : tilde(version, operand)

/** `>1` begins at 2, `>1.2` at 1.3. */
const above: Check = (version, { version: low, partial }) => {
  if (partial === 'minor') return version.major > low.major
  if (partial === 'patch') return version.major > low.major || (sameMajor(version, low) && version.minor > low.minor)
  return compareVersions(version, low) > 0
}

/** `<=1` ends before 2, `<=1.2` before 1.3. */
const atMost: Check = (version, { version: high, partial }) => {
  if (partial === undefined) return compareVersions(version, high) <= 0
  return (
    version.major < high.major || (sameMajor(version, high) && (partial === 'minor' || version.minor <= high.minor))
  )
}

const atLeast: Check = (version, { version: low }) => compareVersions(version, low) >= 0

const checks: Readonly<Record<string, Check>> = {
  '': equals,
  '=': equals,
  '!=': differs,
  '>': above,
  '<': (version, { version: high }) => compareVersions(version, high) < 0,
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  '~': tilde,
  '~>': tilde,
  '^': caret,
}
