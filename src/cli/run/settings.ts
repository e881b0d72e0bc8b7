import { parseDuration } from '../../api/duration.ts'
import { LOG_LEVELS, type LogLevel } from '../../engine/log.ts'
import { parseHosts } from '../../engine/remote-bases.ts'
import { parseSelector } from '../../manifest/selector.ts'
import { type ListenAddress, parseListenAddress } from '../../server/listen.ts'
import { featureGateProblems } from './feature-gates.ts'
import { type Flag, type ParsedFlags, parseFlags } from './parse-flags.ts'
import { whyRefused } from './refused-flags.ts'

/** The flags of `lockstep run`; where the Flux controllers have one of that name, it means the same. */
export const RUN_FLAGS: readonly Flag[] = [
  { name: 'concurrent', type: 'int', fallback: '10', least: 1, help: 'how many objects are reconciled at once' },
  {
    name: 'watch-all-namespaces',
    type: 'bool',
    fallback: 'true',
    help: 'serve all namespaces, not only that of RUNTIME_NAMESPACE or --namespace',
  },
  {
    name: 'watch-label-selector',
    type: 'text',
    fallback: '',
    help: 'serve only objects with these labels, as in sharding.fluxcd.io/key=shard1',
  },
  {
    name: 'no-cross-namespace-refs',
    type: 'bool',
    fallback: 'false',
    help: 'refuse references to objects of other namespaces',
  },
  { name: 'no-remote-bases', type: 'bool', fallback: 'false', help: 'refuse bases that are not in the source itself' },
  {
    name: 'remote-hosts',
    type: 'text',
    fallback: '',
    help: 'hosts that remote bases may come from, as in github.com,git.example.com:8443; all by default',
  },
  {
    name: 'default-service-account',
    type: 'text',
    fallback: '',
    help: 'apply as this service account where spec.serviceAccountName is not set',
  },
  {
    name: 'default-kubeconfig-service-account',
    type: 'text',
    fallback: '',
    help: 'reach clusters of kubeConfig.configMapRef as this service account where the ConfigMap names none',
  },
  {
    name: 'default-decryption-service-account',
    type: 'text',
    fallback: '',
    help: 'ask key services as this service account where spec.decryption.serviceAccountName is not set',
  },
  {
    name: 'sops-age-secret',
    type: 'text',
    fallback: '',
    help: 'Secret of the own namespace with age keys (*.agekey) for every Kustomization with spec.decryption',
  },
  {
    name: 'interval-jitter-percentage',
    type: 'int',
    fallback: '5',
    help: 'by how much intervals are shortened or lengthened at random',
  },
  { name: 'min-retry-delay', type: 'duration', fallback: '750ms', least: 1, help: 'first wait after an exception' },
  { name: 'max-retry-delay', type: 'duration', fallback: '15m', least: 1, help: 'longest wait after exceptions' },
  {
    name: 'requeue-dependency',
    type: 'duration',
    fallback: '30s',
    help: 'accepted for compatibility: whoever waits for a dependency goes on at the moment that it is ready',
  },
  { name: 'storage-path', type: 'text', fallback: '/data', help: 'folder for mirrors, artifacts and the ledger' },
  { name: 'storage-addr', type: 'text', fallback: ':9090', help: 'where artifacts are served' },
  {
    name: 'storage-adv-addr',
    type: 'text',
    fallback: '',
    help: 'host[:port] of artifacts in URLs; --storage-addr by default',
  },
  {
    name: 'artifact-digest-algo',
    type: 'text',
    fallback: 'sha256',
    oneOf: ['sha256'],
    help: 'how artifacts are digested',
  },
  { name: 'metrics-addr', type: 'text', fallback: ':8080', help: 'where metrics are served; 0 for nowhere' },
  { name: 'health-addr', type: 'text', fallback: ':9440', help: 'where probes are answered; 0 for nowhere' },
  { name: 'log-level', type: 'text', fallback: 'info', oneOf: LOG_LEVELS, help: 'the least that is logged' },
  { name: 'log-encoding', type: 'text', fallback: 'json', oneOf: ['json'], help: 'how log lines are written' },
  {
    name: 'enable-leader-election',
    type: 'bool',
    fallback: 'false',
    help: 'stand by while another engine runs; without it, a second engine refuses to start',
  },
  {
    name: 'leader-election-lease-duration',
    type: 'duration',
    fallback: '35s',
    least: 1000,
    help: 'how long others wait for a silent leader',
  },
  {
    name: 'leader-election-renew-deadline',
    type: 'duration',
    fallback: '30s',
    least: 1000,
    help: 'how long a leader goes on without being able to renew its lease',
  },
  {
    name: 'leader-election-retry-period',
    type: 'duration',
    fallback: '5s',
    least: 100,
    help: 'time between two looks at the lease',
  },
  {
    name: 'leader-election-release-on-cancel',
    type: 'bool',
    fallback: 'true',
    help: 'give the lease back at the end, so that another takes over at once',
  },
  {
    name: 'graceful-shutdown-timeout',
    type: 'duration',
    fallback: '20s',
    help: 'how long what is in flight may take to end after SIGTERM',
  },
  { name: 'feature-gates', type: 'text', fallback: '', help: 'gates of the Flux controllers, as Name=true,Name=false' },
]

/** Everything that `lockstep run` can be told. Durations in milliseconds; undefined addresses are not listened on. */
export interface RunSettings {
  readonly concurrency: number
  readonly watchAllNamespaces: boolean
  readonly watchLabelSelector: string | undefined
  readonly noCrossNamespaceRefs: boolean
  readonly noRemoteBases: boolean
  readonly remoteHosts: readonly string[] | undefined
  readonly defaultServiceAccount: string | undefined
  readonly defaultKubeconfigServiceAccount: string | undefined
  readonly defaultDecryptionServiceAccount: string | undefined
  readonly sopsAgeSecret: string | undefined
  readonly intervalJitterPercentage: number
  readonly retryDelay: { readonly firstMs: number; readonly longestMs: number }
  readonly storagePath: string
  readonly storageAddress: ListenAddress
  readonly advertised: string | undefined
  readonly metricsAddress: ListenAddress | undefined
  readonly healthAddress: ListenAddress | undefined
  readonly logLevel: LogLevel
  readonly election: {
    readonly enabled: boolean
    readonly leaseDuration: number
    readonly renewDeadline: number
    readonly retryPeriod: number
    readonly release: boolean
  }
  readonly graceMs: number
  /** For the log: what was accepted though it has no effect. */
  readonly notes: readonly string[]
}

function problemsOf({ values }: ParsedFlags): readonly string[] {
  const text = (name: string) => values.get(name) ?? ''
  const ms = (name: string) => parseDuration(text(name)) ?? 0
  const problems = [...featureGateProblems(text('feature-gates'))]
  const selector = parseSelector(text('watch-label-selector'))
  if (selector.error !== undefined) problems.push(`--watch-label-selector: ${selector.error}`)
  for (const name of ['storage-addr', 'metrics-addr', 'health-addr']) {
    const isOff = text(name) === '0' && name !== 'storage-addr'
    if (!isOff && parseListenAddress(text(name)) === undefined)
      problems.push(`--${name}: '${text(name)}' is no address like :8080 or 127.0.0.1:8080`)
  }
  if (Number(text('interval-jitter-percentage')) >= 100)
    problems.push('--interval-jitter-percentage: has to be less than 100')
  if (ms('min-retry-delay') > ms('max-retry-delay'))
    problems.push('--min-retry-delay: is longer than --max-retry-delay')
  const [lease, renew, retry] = ['lease-duration', 'renew-deadline', 'retry-period'].map(name =>
    ms(`leader-election-${name}`),
  )
  if (!((lease ?? 0) > (renew ?? 0) && (renew ?? 0) > (retry ?? 0)))
    problems.push(
      '--leader-election-lease-duration has to be longer than --leader-election-renew-deadline, and that longer than --leader-election-retry-period',
    )
  return problems
}

/** Reads the arguments of `lockstep run`; every problem of them at once. */
export function readRunSettings(
  args: readonly string[],
): { readonly settings: RunSettings } | { readonly problems: readonly string[] } {
  const parsed = parseFlags(args, RUN_FLAGS, whyRefused)
  const problems = parsed.problems.length > 0 ? parsed.problems : problemsOf(parsed)
  if (problems.length > 0) return { problems }
  const text = (name: string) => parsed.values.get(name) ?? ''
  const given = (name: string) => (text(name) === '' ? undefined : text(name))
  const ms = (name: string) => parseDuration(text(name)) ?? 0
  const isSet = (name: string) => /^(1|t)/i.test(text(name))
  return {
    settings: {
      concurrency: Number(text('concurrent')),
      watchAllNamespaces: isSet('watch-all-namespaces'),
      watchLabelSelector: given('watch-label-selector'),
      noCrossNamespaceRefs: isSet('no-cross-namespace-refs'),
      noRemoteBases: isSet('no-remote-bases'),
      remoteHosts: parseHosts(text('remote-hosts')),
      defaultServiceAccount: given('default-service-account'),
      defaultKubeconfigServiceAccount: given('default-kubeconfig-service-account'),
      defaultDecryptionServiceAccount: given('default-decryption-service-account'),
      sopsAgeSecret: given('sops-age-secret'),
      intervalJitterPercentage: Number(text('interval-jitter-percentage')),
      retryDelay: { firstMs: ms('min-retry-delay'), longestMs: ms('max-retry-delay') },
      storagePath: text('storage-path'),
      storageAddress: parseListenAddress(text('storage-addr')) ?? { port: 0 },
      advertised: given('storage-adv-addr'),
      metricsAddress: parseListenAddress(text('metrics-addr')),
      healthAddress: parseListenAddress(text('health-addr')),
      logLevel: text('log-level') as LogLevel,
      election: {
        enabled: isSet('enable-leader-election'),
        leaseDuration: ms('leader-election-lease-duration'),
        renewDeadline: ms('leader-election-renew-deadline'),
        retryPeriod: ms('leader-election-retry-period'),
        release: isSet('leader-election-release-on-cancel'),
      },
      graceMs: ms('graceful-shutdown-timeout'),
      notes: parsed.given.has('requeue-dependency')
        ? ['--requeue-dependency has no effect: whoever waits for a dependency goes on at the moment that it is ready']
        : [],
    },
  }
}

/** The flags for `--help`, one to a line. */
export function describeRunFlags(): string {
  const lines = RUN_FLAGS.map(({ name, type, fallback, help }) => {
    const usage = `  --${name}${type === 'bool' ? '' : ` <${type}>`}`
    const standard = fallback === '' ? '' : ` (default: ${fallback})`
    return `${usage.padEnd(46)}${help}${standard}`
  })
  return `\nFlags of the engine:\n${lines.join('\n')}\n`
}
