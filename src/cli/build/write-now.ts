/** Exit code of a command whose reader has gone away (`| head`), as shells count signals. */
export const BROKEN_PIPE = 141

/**
 * Writes text to an open file before it returns. `process.stdout` would load the streams of Node first, which takes a tenth
 * of a small build; it takes over where the other end of a pipe is slow.
 */
export function writeNow(stream: 'stdout' | 'stderr', text: string): void {
  const { writeSync } = process.getBuiltinModule('node:fs')
  let rest = Buffer.from(text)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(stream === 'stdout' ? 1 : 2, rest))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') process.exit(BROKEN_PIPE)
    if (code !== 'EAGAIN') throw error
    process[stream].write(rest)
  }
}
