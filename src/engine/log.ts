/** Fields of a log line; values are printed as JSON. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  /** What only matters to whoever looks for a fault; loggers that people read leave it out. */
  debug?(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  error(message: string, error: unknown, fields?: LogFields): void
}

/** What is logged, from most to least. */
export const LOG_LEVELS = ['debug', 'info', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

interface JsonLoggerOptions {
  readonly now?: () => Date
  /** Lines below this level are left out; `info` by default. */
  readonly level?: LogLevel
}

/** Lines of JSON as the Flux controllers write them, which is what `flux logs` reads: level, ts, msg, and the object. */
export function jsonLogger(write: (line: string) => void, options: JsonLoggerOptions = {}): Logger {
  const { now = () => new Date(), level = 'info' } = options
  const lowest = LOG_LEVELS.indexOf(level)
  function line(at: LogLevel, message: string, fields: LogFields): void {
    if (LOG_LEVELS.indexOf(at) < lowest) return
    write(`${JSON.stringify({ level: at, ts: now().toISOString(), msg: message, ...fields })}\n`)
  }
  return {
    debug: (message, fields = {}) => line('debug', message, fields),
    info: (message, fields = {}) => line('info', message, fields),
    error: (message, error, fields = {}) =>
      line('error', message, { ...fields, error: error instanceof Error ? error.message : String(error) }),
  }
}

/** The fields by which `flux logs` finds the lines of an object. */
export function about(object: {
  readonly kind: string
  readonly metadata: { name: string; namespace?: string }
}): LogFields {
  const { kind, metadata } = object
  return { controllerKind: kind, name: metadata.name, namespace: metadata.namespace ?? '' }
}
