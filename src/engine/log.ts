/** Fields of a log line; values are printed as JSON. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  info(message: string, fields?: LogFields): void
  error(message: string, error: unknown, fields?: LogFields): void
}

/** Lines of JSON as the Flux controllers write them, which is what `flux logs` reads: level, ts, msg, and the object. */
export function jsonLogger(write: (line: string) => void, now: () => Date = () => new Date()): Logger {
  const line = (level: string, message: string, fields: LogFields) =>
    write(`${JSON.stringify({ level, ts: now().toISOString(), msg: message, ...fields })}\n`)
  return {
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
