/**
 * Runs a task for each item, at most `limit` at a time and started in order, and gives the promises in the order of the
 * items. The tasks must not reject.
 */
export function runPool<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): readonly Promise<Result>[] {
  const slots = items.map(() => Promise.withResolvers<Result>())
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const { resolve, reject } = slots[index]!
      try {
        resolve(await task(items[index]!))
      } catch (error) {
        reject(error)
      }
    }
  }
  for (let worker = 0; worker < Math.min(limit, items.length); worker++) void work()
  return slots.map(({ promise }) => promise)
}
