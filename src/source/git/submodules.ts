import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { type NodeTree, nodeAt } from '../tree/node.ts'
import { graft } from '../tree/overlay.ts'
import { splitUserInfo } from './credentials.ts'
import type { Gitlink } from './directory-loader.ts'

/** Go-git stops at this depth, too. */
const maxDepth = 10

/** The files of submodules in the places of their links. `.gitmodules` names the addresses; relative ones start at the parent's. */
export async function addSubmodules(
  tree: NodeTree,
  links: readonly Gitlink[],
  parentUrl: string,
  depth: number,
  checkout: (url: string, commit: string) => Promise<NodeTree>,
): Promise<NodeTree> {
  if (links.length === 0) return tree
  if (depth >= maxDepth) throw problem('submodule-depth', 'submodules are nested too deep')
  const modules = nodeAt(tree.root, '.gitmodules')?.type === 'file' ? await tree.read('.gitmodules') : new Uint8Array()
  const urls = parseModules(Buffer.from(modules).toString())
  let whole = tree
  for (const link of links) {
    const url = urls.get(link.path)
    if (url === undefined)
      throw problem('submodule-unknown', `.gitmodules has no url for the submodule at ${link.path}`)
    whole = graft(whole, link.path, await checkout(submoduleUrl(parentUrl, url), link.commit))
  }
  return whole
}

/** Path to url, from the `[submodule "…"]` sections of a `.gitmodules` file. */
export function parseModules(text: string): ReadonlyMap<string, string> {
  const urls = new Map<string, string>()
  let section: { path?: string; url?: string } = {}
  for (const line of [...text.split('\n'), '[end]']) {
    if (/^\s*\[/.test(line)) {
      if (section.path !== undefined && section.url !== undefined) urls.set(section.path, section.url)
      section = {}
    }
    const [, key, value = ''] = /^\s*(path|url)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === 'path') section.path = unquote(value)
    if (key === 'url') section.url = unquote(value)
  }
  return urls
}

function unquote(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
}

/** `../other.git` starts at the parent's address; `git@host:path` is SSH in short. */
export function submoduleUrl(parent: string, url: string): string {
  const short = /^([^/:@]+@)?([^/:@]+):(?!\/\/)(.+)$/.exec(url)
  if (short !== null) return `ssh://${short[1] ?? 'git@'}${short[2]}/${short[3]}`
  if (!url.startsWith('./') && !url.startsWith('../')) return url
  let base = parent.replace(/\/+$/, '')
  let rest = url
  while (true) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../')) {
      rest = rest.slice(3)
      base = base.slice(0, base.lastIndexOf('/'))
    } else break
  }
  if (splitUserInfo(base).url.replace(/^[a-z]+:\/*/, '') === '')
    throw problem('submodule-url', `the submodule address ${url} leaves the host of its parent`)
  return `${base}/${rest}`
}

function problem(code: string, message: string): DiagnosticError {
  return new DiagnosticError([
    { severity: 'error', code, message, hint: 'repair .gitmodules, or set spec.recurseSubmodules to false' },
  ])
}
