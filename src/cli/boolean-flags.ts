import type { Command } from 'commander'

function flagsOf(command: Command): readonly { readonly long: string; readonly takesValue: boolean }[] {
  const own = command.options.map(({ long, optional, required }) => ({
    long: long ?? '',
    takesValue: optional || required,
  }))
  return [...own, ...command.commands.flatMap(flagsOf)]
}

/**
 * A command line with `--prune=true` as `--prune`, and `--prune=false` as nothing or as `--no-prune` where there is such a
 * flag, as scripts for the `flux` CLI write switches. Flags that take a value are left alone.
 */
export function plainSwitches(args: readonly string[], program: Command): readonly string[] {
  const flags = flagsOf(program)
  const withValue = new Set(flags.filter(({ takesValue }) => takesValue).map(({ long }) => long))
  const names = new Set(flags.map(({ long }) => long))
  return args.flatMap(arg => {
    const match = /^(--[a-z-]+)=(true|false)$/.exec(arg)
    const [, flag = '', value] = match ?? []
    const negated = `--no-${flag.slice(2)}`
    if (match === null || withValue.has(flag) || !(names.has(flag) || names.has(negated))) return [arg]
    if (value === 'true') return [flag]
    return names.has(negated) ? [negated] : []
  })
}
