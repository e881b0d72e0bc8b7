import { isDeepStrictEqual } from 'node:util'
import { scan } from '../../../src/cel/scan.ts'
import { compileExpression } from '../../../src/health/cel/expression.ts'
import { compileRule, supports } from '../../../src/health/rules.ts'
import type { JsonObject, JsonValue } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface ParseRow {
  readonly name: string
  readonly expr: string
  readonly compiled: boolean
  readonly error?: string
}

interface EvaluateRow {
  readonly name: string
  readonly expr: string
  readonly data: JsonObject
  readonly type: 'bool' | 'string' | 'strings' | 'any'
  readonly result?: JsonValue
  readonly error?: string
}

interface StatusRow {
  readonly name: string
  readonly exprs: { readonly current?: string; readonly failed?: string; readonly inProgress?: string }
  readonly object: KubeObject
  readonly status?: string
  readonly error?: string
}

interface GroupKind {
  readonly Group: string
  readonly Kind: string
}

interface SupportsRow {
  readonly name: string
  readonly supportedGK: GroupKind
  readonly gk: GroupKind
  readonly result: boolean
}

function outcome(
  name: string,
  expected: unknown,
  got: { readonly value?: unknown; readonly error?: string },
): CaseResult {
  const passed = expected === undefined ? got.error !== undefined : isDeepStrictEqual(got.value, expected)
  return { name, passed, detail: `${JSON.stringify(got)} instead of ${JSON.stringify(expected)}` }
}

/** Which variables a compiled row declares is not in the data: the names that are used as objects are taken. */
function parse(row: ParseRow): CaseResult {
  const options = row.compiled
    ? ({ variables: [...scan(row.expr, new Map()).roots], outputType: 'bool' } as const)
    : undefined
  const { error } = compileExpression(row.expr, options)
  const passed = (error !== undefined) === (row.error !== undefined)
  return { name: `parse ${row.name}`, passed, detail: `${error} instead of ${row.error}` }
}

function evaluate(row: EvaluateRow): CaseResult {
  const name = `evaluate ${row.name}`
  const compiled = compileExpression(row.expr)
  if (compiled.error !== undefined) return outcome(name, row.result, compiled)
  const expression = compiled.value
  const methods = {
    bool: expression.evaluateBoolean,
    string: expression.evaluateString,
    strings: expression.evaluateStrings,
    any: expression.evaluate,
  }
  return outcome(name, row.error === undefined ? row.result : undefined, methods[row.type](row.data))
}

function status(row: StatusRow): CaseResult {
  const name = `status ${row.name}`
  const rule = compileRule(row.exprs)
  if (rule.error !== undefined) return outcome(name, row.status, rule)
  const verdict = rule.value(row.object)
  const got = verdict.status === 'Unknown' ? { error: verdict.message } : { value: verdict.status }
  return outcome(name, row.status, got)
}

export const suite: CorpusSuite = {
  corpus: 'flux-cel',
  async *run(folder) {
    for (const row of readRows<ParseRow>(folder, 'parse.jsonl')) yield parse(row)
    for (const row of readRows<EvaluateRow>(folder, 'evaluate.jsonl')) yield evaluate(row)
    for (const row of readRows<StatusRow>(folder, 'status.jsonl')) yield status(row)
    for (const row of readRows<SupportsRow>(folder, 'supports.jsonl')) {
      const toLower = ({ Group, Kind }: GroupKind) => ({ group: Group, kind: Kind })
      yield outcome(`supports ${row.name}`, row.result, { value: supports(toLower(row.supportedGK), toLower(row.gk)) })
    }
  },
}
