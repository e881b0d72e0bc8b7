import type { PodLog } from '../controller.ts'
import { has, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'

const beat = 10_000

/**
 * What a simulated container prints: a line when it starts, one every ten seconds while it runs, one when it ends. The same
 * pod at the same time always prints the same.
 */
export const podLog: PodLog = (pod, options, now) => {
  const name = options.container ?? textAt(objectsAt(pod, 'spec', 'containers')[0], 'name')
  const status = [
    ...objectsAt(pod, 'status', 'initContainerStatuses'),
    ...objectsAt(pod, 'status', 'containerStatuses'),
  ].find(one => textAt(one, 'name') === name)
  const state = objectAt(status, options.previous ? 'lastState' : 'state')
  const ended = objectAt(state, 'terminated')
  const started = textAt(state, 'running', 'startedAt') || textAt(ended, 'startedAt')
  if (started === '') return ''
  const begin = Date.parse(started)
  const end = has(state, 'terminated') ? Date.parse(textAt(ended, 'finishedAt')) : now
  const lines: [number, string][] = [[begin, `${name}: started (${textAt(status, 'image')})`]]
  for (let time = begin + beat; time <= end && lines.length < 5_000; time += beat)
    lines.push([time, `${name}: still running after ${(time - begin) / 1000}s`])
  if (has(state, 'terminated'))
    lines.push([end, textAt(ended, 'reason') === 'Completed' ? `${name}: done` : `${name}: failed with exit code 1`])
  const since = options.sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : now - options.sinceSeconds * 1000
  const recent = lines.filter(([time]) => time >= since)
  const shown = options.tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - options.tailLines))
  const text = shown
    .map(
      ([time, line]) => `${options.timestamps ? `${new Date(time).toISOString().slice(0, 23)}000000Z ` : ''}${line}\n`,
    )
    .join('')
  return options.limitBytes === undefined ? text : text.slice(0, options.limitBytes)
}
