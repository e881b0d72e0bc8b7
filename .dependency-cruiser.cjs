// The rooms of src/ and what each may import; docs/adr/0002-rooms.md says why.
const rooms = {
  manifest: [],
  api: ['manifest'],
  kube: ['manifest'],
  source: ['manifest', 'api'],
  render: ['manifest', 'api'],
  policy: ['manifest', 'api'],
  plan: ['manifest', 'api'],
  apply: ['manifest', 'plan', 'kube'],
  health: ['manifest', 'kube'],
  ledger: ['manifest'],
  notify: ['manifest', 'api'],
  deliver: ['manifest', 'plan', 'api', 'kube', 'health'],
  fleet: ['manifest', 'api', 'kube', 'plan'],
  sandbox: ['manifest'],
  engine: [
    'manifest',
    'api',
    'kube',
    'source',
    'render',
    'policy',
    'plan',
    'apply',
    'health',
    'ledger',
    'notify',
    'deliver',
    'fleet',
  ],
  server: ['manifest', 'api', 'engine', 'source', 'ledger'],
}

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room}`,
      comment: `src/${room} may import only ${[room, ...allowed].map(r => `src/${r}`).join(', ')}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
