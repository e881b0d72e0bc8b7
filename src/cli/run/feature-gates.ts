/** What a feature gate of the Flux controllers means here: the values that change nothing, and what to do about others. */
interface Gate {
  readonly accepted: readonly boolean[]
  readonly hint: string
}

const either = [true, false]

const GATES: Readonly<Record<string, Gate>> = {
  StrictPostBuildSubstitutions: {
    accepted: [true],
    hint: 'variables without a value are always errors; give them defaults in postBuild.substitute',
  },
  CancelHealthCheckOnNewRevision: {
    accepted: [true],
    hint: 'a new revision always ends the wait for the health of the one before',
  },
  DisableFailFastBehavior: {
    accepted: [false],
    hint: "annotate the Kustomizations in question with 'lockstep.dev/apply: per-object' instead",
  },
  DisableStatusPollerCache: { accepted: either, hint: '' },
  CacheSecretsAndConfigMaps: { accepted: either, hint: '' },
  DirectSourceFetch: { accepted: either, hint: '' },
  OptimizedGitClones: { accepted: either, hint: '' },
  DisableConfigWatchers: {
    accepted: [false],
    hint: 'ConfigMaps and Secrets are watched one by one where something refers to them, which costs next to nothing',
  },
  AdditiveCELDependencyCheck: {
    accepted: [false],
    hint: 'say in readyExpr itself that the dependency has to be Ready',
  },
  ExternalArtifact: { accepted: [false], hint: 'sources of kind ExternalArtifact are not served' },
  GroupChangeLog: { accepted: [false], hint: 'changes are told in the order in which they are made' },
  MigrateAPIVersion: { accepted: [false], hint: 'migrate managed fields with: flux migrate' },
  ObjectLevelWorkloadIdentity: {
    accepted: [true],
    hint: 'the service accounts that objects name are always used; who may not have an identity must not have its ServiceAccount',
  },
}

/** What is wrong with a list like `A=true,B=false`: one message for each gate that cannot be had. */
export function featureGateProblems(text: string): readonly string[] {
  const entries = text.split(',').filter(entry => entry.trim() !== '')
  return entries.flatMap(entry => {
    const match = /^\s*([A-Za-z0-9]+)=(true|false)\s*$/.exec(entry)
    if (match === null) return [`--feature-gates: '${entry}' is not of the form Name=true or Name=false`]
    const [, name = '', value] = match
    const gate = Object.hasOwn(GATES, name) ? GATES[name] : undefined
    if (gate === undefined)
      return [`--feature-gates: there is no gate '${name}'; there are ${Object.keys(GATES).toSorted().join(', ')}`]
    if (gate.accepted.includes(value === 'true')) return []
    return [`--feature-gates: ${name}=${value} is not supported (${gate.hint})`]
  })
}
