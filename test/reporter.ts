import type { TestEvent } from 'node:test/reporters'

/** What one test process counted; its last line, as JSON, for the process that started it. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

function describeError(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  // What a property says of itself is less than why it does not hold.
  const because = cause.cause === undefined ? '' : `\nbecause: ${describeError(cause.cause)}`
  return `${cause.stack ?? cause.message}${because}`
}

/** Prints what failed or was skipped, nothing of what passed, and closes with the counts. */
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, file, line, details, skip } = event.data
    if (details.type === 'suite' && event.type === 'test:pass') continue
    if (skip !== undefined && skip !== false) {
      counts.skipped++
      yield `- skipped: ${name}${typeof skip === 'string' && skip !== '' ? `: ${skip}` : ''}\n`
    } else if (event.type === 'test:pass') {
      counts.passed++
    } else if ((event.data.details.error as { failureType?: string }).failureType !== 'subtestsFailed') {
      counts.failed++
      yield `✖ ${name} (${file}:${line})\n${describeError(event.data.details.error)}\n\n`
    }
  }
  yield `${JSON.stringify(counts satisfies Counts)}\n`
}
