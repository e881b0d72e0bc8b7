import type { Environment } from '@marcbachmann/cel-js'
import semver from 'semver'

class SemverValue {
  readonly version: semver.SemVer

  constructor(version: semver.SemVer) {
    this.version = version
  }
}

/** Kubernetes' functions for semantic versions, after `pkg/cel/library/semverlib.go` of k8s.io/apiserver. */
export function registerVersions(environment: Environment): void {
  const SEMVER = 'kubernetes.Semver'
  const read = (text: string, normalize = false): SemverValue => {
    const version = parse(text, normalize)
    if (version === null) throw new Error('No Major.Minor.Patch elements found')
    return new SemverValue(version)
  }
  const compare = (a: SemverValue, b: SemverValue) => semver.compare(a.version, b.version)
  const part = (name: 'major' | 'minor' | 'patch') => (value: SemverValue) => BigInt(value.version[name])
  environment
    .registerType(SEMVER, SemverValue)
    .registerFunction(`semver(string): ${SEMVER}`, (text: string) => read(text))
    .registerFunction(`semver(string, bool): ${SEMVER}`, read)
    .registerFunction('isSemver(string): bool', (text: string) => parse(text, false) !== null)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, normalize: boolean) => parse(text, normalize) !== null,
    )
    .registerFunction(`${SEMVER}.isGreaterThan(${SEMVER}): bool`, (a: SemverValue, b: SemverValue) => compare(a, b) > 0)
    .registerFunction(`${SEMVER}.isLessThan(${SEMVER}): bool`, (a: SemverValue, b: SemverValue) => compare(a, b) < 0)
    .registerFunction(`${SEMVER}.compareTo(${SEMVER}): int`, (a: SemverValue, b: SemverValue) => BigInt(compare(a, b)))
    .registerFunction(`${SEMVER}.major(): int`, part('major'))
    .registerFunction(`${SEMVER}.minor(): int`, part('minor'))
    .registerFunction(`${SEMVER}.patch(): int`, part('patch'))
}

/** Strictly, or with a leading v dropped, missing parts filled in and leading zeros taken away. */
function parse(text: string, normalize: boolean): semver.SemVer | null {
  if (!normalize) return /^\d/.test(text) ? semver.parse(text) : null
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(text)
  if (match === null) return null
  const [, major, minor = '0', patch = '0', rest = ''] = match
  return semver.parse(`${Number(major)}.${Number(minor)}.${Number(patch)}${rest}`)
}
