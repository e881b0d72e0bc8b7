import type { Ended } from './command.ts'

/** What differs between two runs of the same thing: moments, ages, durations, digests, sizes, folders, counts of runs. */
const PASSING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, '(moment)'],
  [/"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"?/g, '(moment)'],
  [/^\d+[smhd]\S*( \(x\d+ over \S+\))?(?=\t|$)/g, '(age)'],
  [/(?<=finished in |passed in |failed after |Duration: )[\d.]+[µnm]?s/g, '(duration)'],
  [/sha256:[0-9a-f]{64}/g, '(digest)'],
  [/\/tmp\/kustomization-\d+/g, '(folder)'],
  [/(?<=\t)[\d.]+ (B|KiB)$/g, '(size)'],
  [/(?<=totalReconciliations: )\d+/g, '(count)'],
]

/** Lines about what is no part of the state: the tidying of artifacts. Lockstep does it when the next one comes, and silently. */
const ASIDE = /\tGarbageCollectionSucceeded\t.*garbage collected \d+ artifacts$/

/** A line without what passes, its cells without the spaces that line them up. */
function plain(line: string): string {
  const cells = line
    .split('\t')
    .map(cell => cell.trimEnd())
    .join('\t')
    .trimEnd()
  return PASSING.reduce((text, [pattern, name]) => text.replace(pattern, name), cells)
}

/** What a command printed, line by line, without what differs from run to run anyway, and without empty lines. */
function printed(text: string): readonly string[] {
  const lines = text.split('\n').map(plain)
  return lines.filter(line => line !== '' && !ASIDE.test(line))
}

/**
 * Events in an order of their own: `flux events` sorts them by whole seconds. What is said again later, as at an interval at
 * which nothing was new, counts once.
 */
function eventsOnce(lines: readonly string[]): readonly string[] {
  const entries = lines.join('\n').split(/\n(?!\t)/)
  return [...new Set(entries)].toSorted().flatMap(entry => entry.split('\n'))
}

/** What counts of what a command ended with. */
export function linesOf({ command, exit, stdout, stderr }: Ended & { readonly command: string }): readonly string[] {
  const lines = printed(stdout)
  const counted = command.startsWith('flux events') ? eventsOnce(lines) : lines
  return [`exit ${exit}`, ...counted, 'stderr:', ...printed(stderr)]
}
