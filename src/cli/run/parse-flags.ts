import { parseDuration } from '../../api/duration.ts'

type FlagType = 'bool' | 'int' | 'duration' | 'text'

/** A flag as `--name=value`, `--name value`, or `--name` alone for a bool, after Go's pflag, which the Flux controllers use. */
export interface Flag {
  readonly name: string
  readonly type: FlagType
  /** As it would be written. */
  readonly fallback: string
  readonly help: string
  /** The only values that it may have. */
  readonly oneOf?: readonly string[]
  /** Least value of an int or, in milliseconds, a duration. */
  readonly least?: number
}

export interface ParsedFlags {
  /** The text of every flag, its fallback where it was not given. */
  readonly values: ReadonlyMap<string, string>
  /** The names of those that were given. */
  readonly given: ReadonlySet<string>
  /** One message for each thing that is wrong. */
  readonly problems: readonly string[]
}

function problemWith(flag: Flag, value: string): string | undefined {
  const wrong = (wanted: string) => `--${flag.name}: '${value}' is not ${wanted}`
  if (flag.oneOf !== undefined && !flag.oneOf.includes(value)) return wrong(`one of ${flag.oneOf.join(', ')}`)
  switch (flag.type) {
    case 'bool':
      return /^(true|false|1|0|t|f|TRUE|FALSE|True|False)$/.test(value) ? undefined : wrong('true or false')
    case 'int': {
      if (!/^\d{1,9}$/.test(value)) return wrong('a whole number')
      return Number(value) < (flag.least ?? 0) ? wrong(`at least ${flag.least}`) : undefined
    }
    case 'duration': {
      const ms = parseDuration(value)
      if (ms === undefined) return wrong('a duration like 30s or 5m')
      return ms < (flag.least ?? 0) ? wrong(`long enough`) : undefined
    }
    case 'text':
      return undefined
  }
}

/** Reads arguments by a list of flags. `explain` says why a flag that is not in the list is refused. */
export function parseFlags(
  args: readonly string[],
  flags: readonly Flag[],
  explain: (name: string) => string,
): ParsedFlags {
  const known = new Map(flags.map(flag => [flag.name, flag]))
  const values = new Map(flags.map(flag => [flag.name, flag.fallback]))
  const given = new Set<string>()
  const problems: string[] = []
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(arg)
    if (match === null) {
      problems.push(`'${arg}' is no flag, and run takes nothing else`)
      continue
    }
    const [, name = '', inline] = match
    const flag = known.get(name)
    if (flag === undefined) {
      problems.push(`--${name}: ${explain(name)}`)
      if (inline === undefined && rest[0]?.startsWith('-') === false) rest.shift()
      continue
    }
    const value = inline ?? (flag.type === 'bool' ? 'true' : rest.shift())
    if (value === undefined) {
      problems.push(`--${name}: needs a value`)
      continue
    }
    const problem = problemWith(flag, value)
    if (problem !== undefined) problems.push(problem)
    values.set(name, value)
    given.add(name)
  }
  return { values, given, problems }
}
