import { type KubeObject, parseApiVersion } from '../manifest/object.ts'
import { builtinRule, judgeJobToCompletion } from './builtin.ts'
import { conditionsOf, strictCountAt, strictTextAt, textAt } from './fields.ts'
import { current, type Fields, failed, inProgress, MalformedField, unknown, type Verdict } from './verdict.ts'

export interface JudgeOptions {
  /** True: a Job is Current only when it is complete, as Flux waits for it. kstatus itself calls a started Job Current. */
  readonly jobsRunToCompletion?: boolean
}

/**
 * The health of one object as kstatus computes it: deletion, then generations, the conditions Reconciling and Stalled, the
 * rule of the kind, the condition Ready, else Current. An object whose status has an impossible shape is `Unknown` with
 * the reason as message. `now` decides only whether an unscheduled Pod has waited too long.
 */
export function judge(object: KubeObject, now: Date, options: JudgeOptions = {}): Verdict {
  const fields = object as unknown as Fields
  try {
    return (
      judgeGeneric(fields) ??
      judgeByKind(fields, now, options) ??
      judgeByReady(fields) ??
      current('Resource is current')
    )
  } catch (error) {
    if (error instanceof MalformedField) return unknown(error.message)
    throw error
  }
}

function judgeGeneric(fields: Fields): Verdict | undefined {
  if ((strictTextAt(fields, 'metadata.deletionTimestamp') ?? '') !== '')
    return { status: 'Terminating', reason: '', message: 'Resource scheduled for deletion', conditions: [] }
  const generation = strictCountAt(fields, 'metadata.generation')
  const observed = generation === undefined ? undefined : strictCountAt(fields, 'status.observedGeneration')
  if (observed !== undefined && observed !== generation) {
    const kind = textAt(fields, 'kind', '')
    return inProgress(
      'LatestGenerationNotObserved',
      `${kind} generation is ${generation}, but latest observed generation is ${observed}`,
    )
  }
  for (const { type, status, reason, message } of conditionsOf(fields)) {
    if (status !== 'True') continue
    if (type === 'Reconciling') return inProgress(reason, message)
    if (type === 'Stalled') return failed(reason, message)
  }
  return undefined
}

function judgeByKind(fields: Fields, now: Date, options: JudgeOptions): Verdict | undefined {
  const { group } = parseApiVersion(textAt(fields, 'apiVersion', ''))
  const kind = textAt(fields, 'kind', '')
  if (options.jobsRunToCompletion === true && group === 'batch' && kind === 'Job') return judgeJobToCompletion(fields)
  return builtinRule(group, kind)?.(fields, now.getTime())
}

function judgeByReady(fields: Fields): Verdict | undefined {
  for (const { type, status, reason, message } of conditionsOf(fields)) {
    if (type !== 'Ready') continue
    if (status === 'True') return current('Resource is Ready')
    if (status === 'False' || status === 'Unknown') return inProgress(reason, message)
  }
  return undefined
}
