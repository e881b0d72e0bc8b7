/** Why a patch cannot be applied: the API server's message, and the status code that it answers with. */
export interface PatchFailure {
  readonly code: 400 | 422 | 500
  readonly message: string
}

export type PatchResult<T> = { readonly value: T } | { readonly failure: PatchFailure }

/** Carries a failure out of the depth of a patch; never leaves this folder. */
export class PatchError extends Error {
  readonly failure: PatchFailure

  constructor(code: PatchFailure['code'], message: string) {
    super(message)
    this.failure = { code, message }
  }
}

/** The result of a computation, its `PatchError` as a value. */
export function resultOf<T>(compute: () => T): PatchResult<T> {
  try {
    return { value: compute() }
  } catch (error) {
    if (error instanceof PatchError) return { failure: error.failure }
    throw error
  }
}
