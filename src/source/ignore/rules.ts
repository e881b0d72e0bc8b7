import type { Tree } from '../../manifest/tree.ts'
import { type CompiledPattern, compilePattern, type IgnorePattern } from './pattern.ts'

/** What artifacts never hold unless somebody asks for it: files of version control, of CI, and large binaries. */
const defaults = [
  ...['.git/', '.gitignore', '.gitmodules', '.gitattributes'],
  ...['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'],
  ...['.github/', '.circleci/', '.travis.yml', '.gitlab-ci.yml', 'appveyor.yml', '.drone.yml', 'cloudbuild.yaml'],
  ...['codeship-services.yml', 'codeship-steps.yml'],
  ...['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'],
]

export function defaultPatterns(domain: readonly string[] = []): readonly IgnorePattern[] {
  return defaults.map(text => ({ text, domain }))
}

/** The patterns of an ignore file's text: lines that are neither empty nor comments. */
export function readPatterns(text: string, domain: readonly string[] = []): readonly IgnorePattern[] {
  return text
    .split(/\r?\n/)
    .filter(line => !line.startsWith('#') && line.trim() !== '')
    .map(line => ({ text: line, domain }))
}

/** Says whether a path is left out. The last pattern that has an opinion decides. */
export type IgnoreRules = (path: readonly string[], isDirectory: boolean) => boolean

export function ignoreRules(patterns: readonly IgnorePattern[]): IgnoreRules {
  const compiled: readonly CompiledPattern[] = patterns.map(compilePattern)
  return (path, isDirectory) => {
    for (let i = compiled.length - 1; i >= 0; i--) {
      const result = compiled[i]!.match(path, isDirectory)
      if (result !== 'NoMatch') return result === 'Exclude'
    }
    return false
  }
}

/** The patterns of all `.sourceignore` files of a tree, outer folders first. `.gitignore` is not read. */
export async function loadPatterns(tree: Tree, folder = ''): Promise<readonly IgnorePattern[]> {
  const found: IgnorePattern[] = []
  for (const path of ignoreFiles(tree, folder)) {
    const domain = path.split('/').slice(0, -1)
    found.push(...readPatterns(Buffer.from(await tree.read(path)).toString(), domain))
  }
  return found
}

function* ignoreFiles(tree: Tree, folder: string): Generator<string> {
  const prefix = folder === '' ? '' : `${folder}/`
  if (tree.entry(`${prefix}.sourceignore`)?.type === 'file') yield `${prefix}.sourceignore`
  for (const entry of tree.list(folder) ?? [])
    if (entry.type === 'directory' && entry.name !== '.git') yield* ignoreFiles(tree, `${prefix}${entry.name}`)
}
