import { isDeepStrictEqual } from 'node:util'
import { augment } from '../../../src/health/augment.ts'
import { judge } from '../../../src/health/judge.ts'
import { isArray, isObject, type JsonValue } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface Case {
  readonly name: string
  readonly object: KubeObject
  readonly status?: string
  readonly message?: string
  readonly conditions?: readonly JsonValue[] | null
  readonly expectedConditions?: readonly JsonValue[]
  readonly absentConditionTypes?: readonly string[]
  readonly error?: string
  readonly now?: string
}

/** Conditions as an unordered set of type, status and reason. */
function conditionSet(conditions: unknown): string[] {
  if (!isArray(conditions as JsonValue)) return []
  return (conditions as JsonValue[])
    .map(entry => (isObject(entry) ? `${entry['type']}=${entry['status']} ${entry['reason'] ?? ''}` : ''))
    .sort()
}

function compute(row: Case): CaseResult {
  const verdict = judge(row.object, row.now === undefined ? new Date() : new Date(row.now))
  const name = `compute ${row.name}`
  if (row.error !== undefined)
    return { name, passed: verdict.status === 'Unknown', detail: `${JSON.stringify(verdict)} instead of ${row.error}` }
  const problems: string[] = []
  if (verdict.status !== row.status) problems.push(`status ${verdict.status} instead of ${row.status}`)
  if (verdict.message !== (row.message ?? '')) problems.push(`message "${verdict.message}" instead of "${row.message}"`)
  const got = conditionSet(verdict.conditions)
  if (!isDeepStrictEqual(got, conditionSet(row.conditions))) problems.push(`conditions ${got.join(', ')}`)
  for (const wanted of conditionSet(row.expectedConditions)) {
    if (!got.includes(wanted)) problems.push(`no condition ${wanted}`)
  }
  for (const type of row.absentConditionTypes ?? []) {
    if (verdict.conditions.some(condition => condition.type === type)) problems.push(`condition ${type} present`)
  }
  return { name, passed: problems.length === 0, detail: problems.join('; ') }
}

function augmentCase(row: Case): CaseResult {
  const result = augment(row.object, row.now === undefined ? new Date() : new Date(row.now))
  const got = conditionSet((result['status'] as { conditions?: JsonValue }).conditions)
  return {
    name: `augment ${row.name}`,
    passed: isDeepStrictEqual(got, conditionSet(row.conditions)),
    detail: got.join(', '),
  }
}

export const suite: CorpusSuite = {
  corpus: 'kstatus',
  async *run(folder) {
    for (const file of ['cases.jsonl', 'live.jsonl']) {
      for (const row of readRows<Case>(folder, file)) yield compute(row)
    }
    for (const row of readRows<Case>(folder, 'augment.jsonl')) yield augmentCase(row)
  },
}
