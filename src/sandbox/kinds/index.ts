import type { Kind } from '../kind.ts'

/** The built-in kinds, in the order of discovery. */
export const builtinKinds: readonly Kind[] = []
