interface Wording {
  /** What Flux says. */
  readonly recorded: RegExp
  readonly ours: string
}

function malformed(file: string): RegExp {
  const path = file.replaceAll('.', '\\.')
  return new RegExp(
    `^(.*\\t)failed to decode Kubernetes YAML from \\(folder\\)/${path}: MalformedYAMLError: yaml: line 3: (.*)$`,
  )
}

/**
 * Messages that say the same as those of Flux's controllers in other words, mostly because they say more: all problems
 * instead of the first one, where they are, and what to do. Everything else has to be the same.
 */
const WORDINGS: readonly Wording[] = [
  // Nothing is asked for again after some time: what is waited for is watched.
  {
    recorded: /Source artifact not found, retrying in 30s/,
    ours: 'Source artifact not found, going on as soon as there is one',
  },
  {
    recorded: /connect: connection refused$/,
    ours: 'connect: connection refused (check spec.url and that the cluster may connect to the host; a proxy is set with spec.proxySecretRef)',
  },
  {
    recorded:
      /^(.*\t)Service(\/rec-impersonation-denied\/web dry-run failed \(Forbidden\): )services "web" (is forbidden: User "\S+" cannot patch resource) "services" (in API group) "" (in the namespace "\S+")$/,
    ours: ['conf ConfigMap configmaps cm', 'web Service services svc', 'web Deployment deployments dep']
      .map((each, index) => {
        const [name, kind, resource, file] = each.split(' ')
        const group = kind === 'Deployment' ? 'apps' : ''
        const full = group === '' ? resource : `${resource}.${group}`
        const start = index === 0 ? '$1' : '\t\t\t\t\t'
        const hint = `allow service account rec-impersonation-denied/tenant to patch ${resource} with a Role and a RoleBinding`
        return `${start}${kind}/rec-impersonation-denied/${name} dry-run failed (Forbidden): ${full} "${name}" $3 "${resource}" $4 "${group}" $5 (at app/${file}.yaml:1:1; ${hint})`
      })
      .join('\n'),
  },
  {
    recorded: /(\.spec\.replicas): (expected numeric \(int or float\), got string)$/,
    ours: '$1: $2 (at app/d.yaml:6:13; write a number into $1, without quotes)',
  },
  {
    recorded: /stat \(folder\)\/nope: no such file or directory$/,
    ours: 'stat ./nope: no such file or directory in main@sha1:f08c0610 (correct spec.path, or add the folder)',
  },
  {
    recorded: /^(.*\t)Service\/rec-nowhere\/web (not found: namespaces "rec-nowhere" not found)$/,
    ours: ['ConfigMap/rec-nowhere/conf cm', 'Service/rec-nowhere/web svc', 'Deployment/rec-nowhere/web dep']
      .map((each, index) => {
        const [object, file] = each.split(' ')
        const hint =
          'add a Namespace "rec-nowhere" to the source, or create it with: kubectl create namespace rec-nowhere'
        return `${index === 0 ? '$1' : '\t\t\t\t\t'}${object} $2 (at app/${file}.yaml:1:1; ${hint})`
      })
      .join('\n'),
  },
  {
    recorded: /(no matches for kind "Widget" in version "example\.test\/v1")$/,
    ours: '$1 (at app/x.yaml:1:1; the cluster has no such kind: install its CRD, or add it to this source, and check apiVersion and kind)',
  },
  { recorded: /post build failed for 'ConfigMap\.v1\.\[noGrp\]\/conf': /, ours: 'post build failed: ' },
  {
    recorded: malformed('app/bad.yaml'),
    ours: '$11 problem in commit 80ad708d by Ada Author <ada@example.test> "change":\n\t\t\t\tapp/bad.yaml:5:1: $2',
  },
  {
    recorded: malformed('app/colors.yaml'),
    ours: '$11 problem in commit 5d39e575 by Ada Author <ada@example.test> "break":\n\t\t\t\tapp/colors.yaml:5:1: $2',
  },
  {
    recorded: /(did not find expected ',' or '}')$/,
    ours: '$1 (separate the entries with commas and close the bracket)',
  },
  // One of the recorded repositories belongs to a HelmRelease.
  { recorded: /^GitRepository\t26\t25\t/, ours: 'GitRepository\t25\t25\t' },
]

/** Lines that were printed on Flux, in the words of Lockstep. */
export function inOurWords(lines: readonly string[]): readonly string[] {
  const word = (line: string) => WORDINGS.reduce((text, { recorded, ours }) => text.replace(recorded, ours), line)
  return lines.flatMap(line => word(line).split('\n'))
}
