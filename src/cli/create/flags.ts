import { formatDuration, parseDuration } from '../../api/duration.ts'
import { CommandFailure } from '../failure.ts'

/** Words separated by commas, and options given several times, as one list. For commander's argument parser. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...text.split(',').filter(part => part !== '')]
}

/** A duration as Go prints it; fails with how to write one. */
export function durationFlag(flag: string, text: string): string {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0)
    throw new CommandFailure(`--${flag}: '${text}' is no duration; write it as 30s, 5m or 1h30m`)
  return formatDuration(ms)
}

/** `key=value` pairs as labels. */
export function labelsOf(pairs: readonly string[] = []): Readonly<Record<string, string>> | undefined {
  if (pairs.length === 0) return undefined
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CommandFailure(`--label: '${pair}' is no label; write it as key=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** `name` or `namespace/name`, as dependencies are written. */
export function dependencyOf(text: string): { readonly name: string; readonly namespace?: string } {
  const [first = '', second, more] = text.split('/')
  if (first === '' || second === '' || more !== undefined)
    throw new CommandFailure(`'${text}' is no dependency; write it as name or namespace/name`)
  return second === undefined ? { name: first } : { name: second, namespace: first }
}

/** The last `.` ends the name: `web.shop` is `web` in `shop`. */
export function nameAndNamespace(text: string): { readonly name: string; readonly namespace?: string } {
  const at = text.lastIndexOf('.')
  return at < 1 ? { name: text } : { name: text.slice(0, at), namespace: text.slice(at + 1) }
}

/** A name as Kubernetes takes it. */
export function checkName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > 63)
    throw new CommandFailure(`name '${name}' is invalid; use lower case letters, digits and '-', 63 characters at most`)
}
