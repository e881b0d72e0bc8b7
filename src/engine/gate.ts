/** Where callers wait until something holds. */
export interface Gate {
  /** Resolves at once where it holds, else when a look finds that it does. */
  wait(): Promise<void>
  /** To be called after every change that it may depend on. */
  look(): void
}

export function createGate(holds: () => boolean): Gate {
  const waiting: (() => void)[] = []
  return {
    wait: () => (holds() ? Promise.resolve() : new Promise(resolve => waiting.push(resolve))),
    look() {
      if (holds()) for (const resolve of waiting.splice(0)) resolve()
    },
  }
}
