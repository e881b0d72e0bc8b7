import { parseArgs } from 'node:util'
import { openApi } from '../../support/api.ts'
import { compareSequence, type Difference } from './field-management.ts'
import { prepare } from './prepare.ts'

/** `node test/cluster/differential/main.ts --kubeconfig FILE [--from N] [--count N]`: prints every difference. */
const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '20' },
    length: { type: 'string', default: '12' },
    show: { type: 'string', default: '3' },
  },
})
const api = openApi(values.kubeconfig ?? process.env['KUBECONFIG'] ?? '')
const namespace = await prepare(api)
let differing = 0
for (let seed = Number(values.from); seed < Number(values.from) + Number(values.count); seed++) {
  const differences = await compareSequence(api, namespace, seed, Number(values.length))
  if (differences.length > 0 && ++differing <= Number(values.show)) process.stdout.write(`${show(differences[0])}\n`)
}
process.stdout.write(`${differing} of ${values.count} sequences differ\n`)
await api.send('DELETE', `/api/v1/namespaces/${namespace}`)
api.close()

function show(difference: Difference | undefined): string {
  if (difference === undefined) return ''
  const { seed, index, step, before, expected, actual } = difference
  const lines = (value: unknown) => new Set(flatten(value))
  const [left, right] = [lines(expected), lines(actual)]
  return [
    `seed ${seed} step ${index}: ${step.manager} ${step.verb} ${step.kind.kind}`,
    JSON.stringify({ ...step, kind: undefined }),
    `before: ${JSON.stringify(before)}`,
    ...[...left].filter(line => !right.has(line)).map(line => `- ${line}`),
    ...[...right].filter(line => !left.has(line)).map(line => `+ ${line}`),
  ].join('\n')
}

function flatten(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} = ${JSON.stringify(value)}`]
  const entries = Object.entries(value)
  return entries.length === 0 ? [`${path} = {}`] : entries.flatMap(([key, item]) => flatten(item, `${path} ${key}`))
}
