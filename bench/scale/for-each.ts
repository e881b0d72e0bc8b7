/** As many as the engine works on at once. */
export const CONCURRENCY = 20

/** Runs `work` on every value, a fixed number of them at a time. */
export async function forEach<T>(values: readonly T[], work: (value: T) => Promise<unknown>): Promise<void> {
  const queue = [...values]
  const worker = async () => {
    for (let value = queue.shift(); value !== undefined; value = queue.shift()) await work(value)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
