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

type Check = (version: Version) => boolean

/**
 * Reads a range in the syntax of Masterminds/semver, which Helm and Flux use: `=`, `!=`, `>`, `<`, `>=`, `=>`, `<=`, `=<`,
 * `~`, `~>`, `^`, wildcards `x`, `X`, `*`, hyphen ranges, `,` or space for and, `||` for or. A comparison without a
 * prerelease never matches a version that has one. Undefined where the text is no range.
 */
export function parseVersionRange(text: string): VersionRange | undefined {
  const alternatives = text.split('||').map(parseConjunction)
  if (alternatives.some(checks => checks === undefined)) return undefined
  return { text, matches: version => alternatives.some(checks => checks!.every(check => check(version))) }
}

const number = String.raw`v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*]))?(?:\.(?:\d+|[xX*]))?(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`
const hyphen = new RegExp(String.raw`^\s*(${number})\s+-\s+(${number})\s*$`)
const hyphenInside = new RegExp(String.raw`(${number})\s+-\s+(${number})`, 'g')

function parseConjunction(text: string): Check[] | undefined {
  const expanded = hyphen.test(text) ? text.replace(hyphen, '>=$1 <=$2') : text.replaceAll(hyphenInside, '>=$1 <=$2')
  const checks: Check[] = []
  let at = 0
  while (true) {
    at += /^[\s,]*/.exec(expanded.slice(at))![0].length
    if (at === expanded.length) break
    const operator = /^(?:==|!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?/.exec(expanded.slice(at))![0] as Operator
    const rest = expanded.slice(at + operator.length)
    const operand = new RegExp(`^\\s*(${number})(?=$|[\\s,])`).exec(rest)
    if (operand === null) return undefined
    const check = compile(operator, operand[1]!)
    if (check === undefined) return undefined
    checks.push(check)
    at += operator.length + operand[0].length
  }
  return checks.length === 0 ? undefined : checks
}

interface Operand {
  readonly version: Version
  readonly anyMajor: boolean
  readonly anyMinor: boolean
  readonly anyPatch: boolean
}

function parseOperand(text: string): Operand | undefined {
  const [, numbers = '', suffix = ''] = /^v?([0-9xX*.]+)(.*)$/.exec(text) ?? []
  const parts = numbers.split('.')
  const wild = (index: number) => parts[index] === undefined || /^[xX*]$/.test(parts[index])
  const [anyMajor, anyMinor, anyPatch] = [wild(0), wild(0) || wild(1), wild(0) || wild(1) || wild(2)]
  const version = parseVersion(
    `${anyMajor ? 0 : parts[0]}.${anyMinor ? 0 : parts[1]}.${anyPatch ? 0 : parts[2]}${anyPatch && anyMajor ? '' : suffix}`,
  )
  return version === undefined ? undefined : { version, anyMajor, anyMinor, anyPatch }
}

function compile(operator: Operator, text: string): Check | undefined {
  const operand = parseOperand(text)
  if (operand === undefined) return undefined
  const check = comparisons[operator](operand)
  return version => {
    if (version.prerelease !== '' && operand.version.prerelease === '') return false
    return check(version)
  }
}

const sameMajor = (a: Version, b: Version) => a.major === b.major
const sameMinor = (a: Version, b: Version) => sameMajor(a, b) && a.minor === b.minor

/** What follows a `~`: the last number given may grow, or the patch where all three are. */
function tilde({ version: low, anyMajor, anyMinor }: Operand): Check {
  if (anyMajor) return () => true
  return version => compareVersions(version, low) >= 0 && (anyMinor ? sameMajor(version, low) : sameMinor(version, low))
}

/** What follows a `^`: nothing left of the first number that is not zero may change. */
function caret({ version: low, anyMajor, anyMinor, anyPatch }: Operand): Check {
  if (anyMajor) return () => true
  return version => {
    if (compareVersions(version, low) < 0) return false
    if (low.major > 0 || anyMinor) return sameMajor(version, low)
    if (low.minor > 0 || anyPatch) return sameMinor(version, low)
    return sameMinor(version, low) && version.patch === low.patch
  }
}

/** The versions that a partly given number stands for: `1.2` is everything from 1.2.0 up to 1.3. */
function within(operand: Operand): Check {
  const { version: low, anyMajor, anyMinor, anyPatch } = operand
  if (anyMajor) return () => true
  if (anyMinor) return version => sameMajor(version, low)
  if (anyPatch) return version => sameMinor(version, low)
  return version => compareVersions(version, low) === 0
}

type Operator = '' | '=' | '==' | '!=' | '>' | '<' | '>=' | '=>' | '<=' | '=<' | '~' | '~>' | '^'

const above = (operand: Operand): Check => {
  const inside = within(operand)
  return version => compareVersions(version, operand.version) > 0 && (!operand.anyPatch || !inside(version))
}
const atLeast =
  (operand: Operand): Check =>
  version =>
    compareVersions(version, operand.version) >= 0
const below =
  (operand: Operand): Check =>
  version =>
    compareVersions(version, operand.version) < 0
const atMost = (operand: Operand): Check => {
  const inside = within(operand)
  return version => compareVersions(version, operand.version) <= 0 || (operand.anyPatch && inside(version))
}
const equal = (operand: Operand): Check => (operand.anyPatch ? tilde(operand) : within(operand))

const comparisons: Readonly<Record<Operator, (operand: Operand) => Check>> = {
  '': equal,
  '=': equal,
  '==': equal,
  '!=': operand => {
    const inside = within(operand)
    return version => !inside(version)
  },
  '>': above,
  '<': below,
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  '~': tilde,
  '~>': tilde,
  '^': caret,
}
