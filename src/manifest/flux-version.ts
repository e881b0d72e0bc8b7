import { parseFullVersion, type Version } from './version-range.ts'

/** The minor of each component that Flux 2.7 shipped; since then all of them count up together. */
const baseline: Readonly<Record<string, { readonly major: number; readonly minor: number }>> = {
  flux2: { major: 2, minor: 7 },
  'source-controller': { major: 1, minor: 7 },
  'kustomize-controller': { major: 1, minor: 7 },
  'notification-controller': { major: 1, minor: 7 },
  'helm-controller': { major: 1, minor: 4 },
  'image-reflector-controller': { major: 1, minor: 0 },
  'image-automation-controller': { major: 1, minor: 0 },
  'source-watcher': { major: 2, minor: 0 },
}

const fluxMinorOfBaseline = 7

/** The minor of a component that belongs to Flux 2.`fluxMinor`; negative before it existed. Undefined for unknown components. */
export function componentMinor(component: string, fluxMinor: number): number | undefined {
  const base = baseline[component]
  return base === undefined ? undefined : base.minor + fluxMinor - fluxMinorOfBaseline
}

/** The minor of Flux 2 that a component's minor belongs to; undefined for unknown components. */
export function fluxMinor(component: string, minor: number): number | undefined {
  const base = baseline[component]
  return base === undefined ? undefined : minor - base.minor + fluxMinorOfBaseline
}

/** The major version that a component has in Flux 2. */
export function componentMajor(component: string): number | undefined {
  return baseline[component]?.major
}

/** A release's version, `v1.2.3`: all three numbers must be there. */
export function parseReleaseVersion(text: string): Version | undefined {
  return parseFullVersion(text)
}
