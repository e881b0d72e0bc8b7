import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRunFlags, RUN_FLAGS, readRunSettings } from './settings.ts'

function settingsOf(...args: string[]) {
  const read = readRunSettings(args)
  assert.ok('settings' in read, JSON.stringify(read))
  return read.settings
}

function problemsOf(...args: string[]): readonly string[] {
  const read = readRunSettings(args)
  return 'problems' in read ? read.problems : []
}

test('without flags it serves all namespaces and holds the lease as Flux does', () => {
  assert.deepEqual(settingsOf(), {
    concurrency: 10,
    watchAllNamespaces: true,
    watchLabelSelector: undefined,
    noCrossNamespaceRefs: false,
    noRemoteBases: false,
    remoteHosts: undefined,
    defaultServiceAccount: undefined,
    defaultKubeconfigServiceAccount: undefined,
    defaultDecryptionServiceAccount: undefined,
    sopsAgeSecret: undefined,
    intervalJitterPercentage: 5,
    retryDelay: { firstMs: 750, longestMs: 900_000 },
    storagePath: '/data',
    storageAddress: { port: 9090 },
    advertised: undefined,
    metricsAddress: { port: 8080 },
    healthAddress: { port: 9440 },
    logLevel: 'info',
    election: { enabled: false, leaseDuration: 35_000, renewDeadline: 30_000, retryPeriod: 5000, release: true },
    graceMs: 20_000,
    notes: [],
  })
})

test('the arguments of a locked-down shard of Flux are understood', () => {
  const settings = settingsOf(
    '--watch-all-namespaces=false',
    '--watch-label-selector=sharding.fluxcd.io/key=shard1',
    '--no-cross-namespace-refs',
    '--no-remote-bases=true',
    '--remote-hosts=github.com, git.example.com:8443',
    '--default-service-account',
    'default',
    '--default-kubeconfig-service-account=remote',
    '--default-decryption-service-account=decryptor',
    '--sops-age-secret=keys',
    '--concurrent=20',
    '--requeue-dependency=5s',
    '--interval-jitter-percentage=10',
    '--storage-path=/var/data',
    '--storage-adv-addr=source.flux-system.svc.cluster.local.',
    '--enable-leader-election',
    '--metrics-addr=0',
    '--log-level=debug',
    '--log-encoding=json',
    '--artifact-digest-algo=sha256',
    '--feature-gates=StrictPostBuildSubstitutions=true,DirectSourceFetch=false,ExternalArtifact=false',
    '--min-retry-delay=1s',
    '--max-retry-delay=1m30s',
  )
  assert.deepEqual(settings.retryDelay, { firstMs: 1000, longestMs: 90_000 })
  assert.deepEqual(
    [settings.watchAllNamespaces, settings.noCrossNamespaceRefs, settings.noRemoteBases, settings.election.enabled],
    [false, true, true, true],
  )
  assert.deepEqual(
    [
      settings.watchLabelSelector,
      settings.defaultServiceAccount,
      settings.defaultKubeconfigServiceAccount,
      settings.defaultDecryptionServiceAccount,
      settings.sopsAgeSecret,
      settings.metricsAddress,
      settings.logLevel,
    ],
    ['sharding.fluxcd.io/key=shard1', 'default', 'remote', 'decryptor', 'keys', undefined, 'debug'],
  )
  assert.deepEqual(settings.remoteHosts, ['github.com', 'git.example.com:8443'])
  assert.match(settings.notes.join(), /^--requeue-dependency has no effect: /)
})

test('what cannot be had is refused with a hint, all at once', () => {
  assert.deepEqual(problemsOf('--events-addr=http://notification', '--sops-vault-configmap', 'vault', '--wat', 'now'), [
    '--events-addr: is not supported (there is no notification controller to send events to; they are written as Kubernetes events)',
    "--sops-vault-configmap: is not supported (put a token into the decryption Secret as 'sops.vault-token')",
    '--wat: there is no such flag (see: lockstep run --help)',
  ])
})

test('values are checked', () => {
  assert.deepEqual(
    problemsOf(
      '--concurrent=0',
      '--log-level=loud',
      '--min-retry-delay=soon',
      '--watch-all-namespaces=maybe',
      '--artifact-digest-algo=sha512',
      'extra',
      '--storage-path',
    ),
    [
      "--concurrent: '0' is not at least 1",
      "--log-level: 'loud' is not one of debug, info, error",
      "--min-retry-delay: 'soon' is not a duration like 30s or 5m",
      "--watch-all-namespaces: 'maybe' is not true or false",
      "--artifact-digest-algo: 'sha512' is not one of sha256",
      "'extra' is no flag, and run takes nothing else",
      '--storage-path: needs a value',
    ],
  )
})

test('values are checked against one another', () => {
  assert.deepEqual(
    problemsOf(
      '--watch-label-selector=a in (b',
      '--health-addr=9440',
      '--min-retry-delay=1h',
      '--leader-election-renew-deadline=40s',
    ).map(problem => problem.split(' ', 1)[0]),
    ['--watch-label-selector:', '--health-addr:', '--min-retry-delay:', '--leader-election-lease-duration'],
  )
})

test('feature gates are accepted where they change nothing', () => {
  assert.deepEqual(problemsOf('--feature-gates=StrictPostBuildSubstitutions=false,GroupChangeLog=true,X'), [
    '--feature-gates: StrictPostBuildSubstitutions=false is not supported (variables without a value are always errors; give them defaults in postBuild.substitute)',
    '--feature-gates: GroupChangeLog=true is not supported (changes are told in the order in which they are made)',
    "--feature-gates: 'X' is not of the form Name=true or Name=false",
  ])
})

test('help names every flag', () => {
  const help = describeRunFlags()
  for (const { name } of RUN_FLAGS) assert.ok(help.includes(`--${name}`), name)
})
