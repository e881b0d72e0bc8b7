import type { Sandbox, SandboxOptions } from './sandbox.ts'

/** Puts the parts together and listens. */
export async function serve(_options: SandboxOptions): Promise<Sandbox> {
  throw new Error('not serving yet')
}
