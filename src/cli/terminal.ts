import pc from 'picocolors'

/** Where a command speaks: results on `out`, what it does and what goes wrong on `err`. */
export interface Terminal {
  /** Text that the command was asked for; no newline is added. */
  out(text: string): void
  /** Text for people beside the result; no newline is added. */
  err(text: string): void
  /** `► doing something` */
  doing(text: string): void
  /** `◎ waiting for something` */
  waiting(text: string): void
  /** `✔ done` */
  done(text: string): void
  /** `⚠ beware` */
  warn(text: string): void
  /** `✗ what went wrong` */
  fail(text: string): void
}

/** Colours are left out where the stream is no terminal, and by NO_COLOR. */
export function terminalOf(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  const { cyan, green, red, yellow } = pc.createColors(stderr.isTTY === true && process.env['NO_COLOR'] === undefined)
  const say = (mark: string) => (text: string) => void stderr.write(`${mark} ${text}\n`)
  return {
    out: text => void stdout.write(text),
    err: text => void stderr.write(text),
    doing: say(cyan('►')),
    waiting: say(yellow('◎')),
    done: say(green('✔')),
    warn: say(yellow('⚠')),
    fail: say(red('✗')),
  }
}
