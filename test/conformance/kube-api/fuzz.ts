import { parseArgs } from 'node:util'
import { diffValues } from '../../../src/manifest/diff.ts'
import { formatChanges } from '../../../src/manifest/diff-text.ts'
import type { JsonObject, JsonValue } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { send } from '../../cluster/differential/field-management.ts'
import { prepare } from '../../cluster/differential/prepare.ts'
import { type Api, openApi } from '../../support/api.ts'
import { type Step, sequenceOf } from '../../support/kube-sequences/sequence.ts'
import { maskBody } from './mask.ts'

const usage = `usage: npm run fuzz:kube-api -- --kubeconfig FILE --against FILE [--count N] [--from SEED] [--length N] [--show N]
  Sends the same random writes to two API servers, and prints the first step of each sequence that they answer differently.
`

/** What a server says to one step. */
interface Said {
  readonly status: number
  readonly reason: JsonValue
  readonly object: JsonValue
}

/** Sends the step and returns the answer with everything masked that differs between two servers. */
async function say(api: Api, namespace: string, step: Step): Promise<Said | undefined> {
  const path = `${step.kind.prefix}/namespaces/${namespace}/${step.kind.plural}/${step.name}`
  const found = await api.send('GET', path)
  const answer = await send(api, namespace, step, found.status === 200 ? (found.body as KubeObject) : undefined)
  if (answer === undefined) return undefined
  const body = answer.body as JsonObject
  const failed = answer.status >= 300
  return {
    status: answer.status,
    reason: failed ? (body?.['reason'] ?? null) : null,
    object: failed || step.verb === 'delete' ? await stored(api, path, namespace) : maskBody(body, namespace),
  }
}

async function stored(api: Api, path: string, namespace: string): Promise<JsonValue> {
  const { status, body } = await api.send('GET', path)
  return status === 200 ? maskBody(body as JsonObject, namespace) : null
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: 'string' },
      against: { type: 'string' },
      count: { type: 'string', default: '100' },
      from: { type: 'string', default: '0' },
      length: { type: 'string', default: '12' },
      show: { type: 'string', default: '10' },
    },
  })
  if (values.kubeconfig === undefined || values.against === undefined) {
    process.stderr.write(usage)
    return 2
  }
  const [left, right] = [openApi(values.kubeconfig), openApi(values.against)]
  const [leftNamespace, rightNamespace] = await Promise.all([prepare(left), prepare(right)])
  const first = Number(values.from)
  let differing = 0
  for (let seed = first; seed < first + Number(values.count); seed++) {
    const text = await firstDifference(seed, Number(values.length))
    if (text !== undefined && ++differing <= Number(values.show)) process.stdout.write(`${text}\n`)
  }
  process.stdout.write(`${differing} of ${values.count} sequences differ\n`)
  await Promise.all([
    left.send('DELETE', `/api/v1/namespaces/${leftNamespace}`),
    right.send('DELETE', `/api/v1/namespaces/${rightNamespace}`),
  ])
  left.close()
  right.close()
  return differing === 0 ? 0 : 1

  async function firstDifference(seed: number, length: number): Promise<string | undefined> {
    for (const [index, step] of sequenceOf(seed, length).entries()) {
      const [a, b] = await Promise.all([say(left, leftNamespace, step), say(right, rightNamespace, step)])
      const changes = diffValues((b ?? null) as unknown as JsonValue, (a ?? null) as unknown as JsonValue)
      if (changes.length === 0) continue
      const { kind, ...shown } = step
      const title = `seed ${seed}, step ${index + 1}: ${step.manager} ${step.verb} ${kind.kind} ${JSON.stringify(shown)}`
      return `${title}\n${formatChanges(changes).replace(/^/gm, '  ')}`
    }
    return undefined
  }
}

process.exitCode = await main()
