import { writeNow } from './write-now.ts'

/** Flags that change nothing but what `kustomize build` prints; all others are the program's. */
const switches: Readonly<Record<string, 'enableHelm' | 'enableManagedbyLabel'>> = {
  '--enable-helm': 'enableHelm',
  '--enable-managedby-label': 'enableManagedbyLabel',
}
const values: Readonly<Record<string, 'loadRestrictor' | 'reorder' | 'helmCommand'>> = {
  '--load-restrictor': 'loadRestrictor',
  '--reorder': 'reorder',
  '--helm-command': 'helmCommand',
}

interface QuickCall {
  readonly folder: string
  readonly flags: Readonly<Record<string, string | boolean>>
}

/** A command line of `build` that needs no program to be understood; undefined for every other one. */
export function quickCall(args: readonly string[]): QuickCall | undefined {
  const flags: Record<string, string | boolean> = {}
  let folder: string | undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    const [name = '', given] = arg.split(/=(.*)/s)
    if (Object.hasOwn(switches, arg)) flags[switches[arg] as string] = true
    else if (Object.hasOwn(values, name)) {
      const value = given ?? args[++i]
      if (value === undefined || value.startsWith('-')) return undefined
      flags[values[name] as string] = value
    } else if (folder !== undefined || arg === '' || arg.startsWith('-')) return undefined
    else folder = arg
  }
  if (folder === 'kustomization' || folder === 'ks' || folder === 'help') return undefined
  return { folder: folder ?? '.', flags }
}

/**
 * `lockstep build DIR` without the command line program, whose loading would take longer than a small build. Gives the exit
 * code, or undefined where the program has to be asked: for other flags, and to tell about a mistake.
 */
export async function quickBuild(args: readonly string[]): Promise<number | undefined> {
  const call = quickCall(args)
  if (call === undefined) return undefined
  const { runBuild } = await import('./run-build.ts')
  const terminal = {
    out: (text: string) => writeNow('stdout', text),
    err: (text: string) => writeNow('stderr', text),
  }
  try {
    const failure = await runBuild(terminal, call.folder, call.flags)
    if (failure === undefined) return 0
    return failure === '' ? 1 : undefined
  } catch {
    return undefined
  }
}
