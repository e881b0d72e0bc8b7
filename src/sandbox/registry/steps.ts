/**
 * A write as a coroutine: it runs to its end at once, unless it has to wait for something outside (an admission webhook);
 * then it yields a function that begins the waiting, and goes on when that is done.
 */
export type Steps<T> = Generator<() => Promise<void>, T, void>

/** Waits for a promise inside of a write; throws what it rejects with. */
export function* waitFor<T>(begin: () => Promise<T>): Steps<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  yield async () => {
    outcome = await begin().then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
  }
  if (outcome === undefined) throw new Error('went on before the waiting was done')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** Runs a write, with all its waiting. */
export async function finish<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next()
  while (step.done !== true) {
    await step.value()
    step = steps.next()
  }
  return step.value
}

/** A write that was to be done at once has to wait; `done` settles when it has gone through, or not. */
export class HasToWait extends Error {
  override readonly name = 'HasToWait'
  readonly done: Promise<unknown>

  constructor(done: Promise<unknown>) {
    super('an admission webhook has to be asked first')
    this.done = done
    // Whoever does not care how it ends need not look.
    done.catch(() => {})
  }
}

/** Runs a write without waiting. Throws `HasToWait` where it cannot; the write goes on by itself then. */
export function finishNow<T>(steps: Steps<T>): T {
  const first = steps.next()
  if (first.done === true) return first.value
  throw new HasToWait(first.value().then(() => finish(steps)))
}
