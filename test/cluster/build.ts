import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheRoot, moduleHash, moduleRoot } from './cache.ts'

const run = promisify(execFile)

/** A Go module of `modules/`, the binaries it gives (name -> package), and the folder of the cache they go to. */
export interface GoModule {
  readonly name: string
  readonly folder: 'cluster' | 'tools'
  readonly binaries: Readonly<Record<string, string>>
  /** Variables of the linker, for binaries that print or use their version. */
  readonly variables: (version: (path: string) => string) => Readonly<Record<string, string>>
  /** A module that lacks files which its makers generate before they build; it is built in a copy that has them. */
  readonly incomplete?: { readonly path: string; readonly files: Readonly<Record<string, string>> }
}

export const kubernetes: GoModule = {
  name: 'kubernetes',
  folder: 'cluster',
  binaries: {
    etcd: 'go.etcd.io/etcd/server/v3',
    'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
    'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
    'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  },
  variables: version => {
    const gitVersion = version('k8s.io/kubernetes')
    const [major = '', minor = ''] = gitVersion.slice(1).split('.')
    return {
      'k8s.io/component-base/version.gitVersion': gitVersion,
      'k8s.io/component-base/version.gitMajor': major,
      'k8s.io/component-base/version.gitMinor': minor,
      'k8s.io/component-base/version.gitTreeState': 'clean',
    }
  },
}

export const kwok: GoModule = {
  name: 'kwok',
  folder: 'cluster',
  binaries: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
  variables: () => ({}),
}

/** The programs whose answers ours are compared with. */
export const oracles: readonly GoModule[] = [
  {
    name: 'kustomize',
    folder: 'tools',
    binaries: { kustomize: 'sigs.k8s.io/kustomize/kustomize/v5' },
    variables: version => ({
      'sigs.k8s.io/kustomize/api/provenance.version': version('sigs.k8s.io/kustomize/kustomize/v5'),
    }),
  },
  {
    name: 'helm',
    folder: 'tools',
    binaries: { helm: 'helm.sh/helm/v4/cmd/helm' },
    variables: version => ({ 'helm.sh/helm/v4/internal/version.version': version('helm.sh/helm/v4') }),
  },
  {
    name: 'helm3',
    folder: 'tools',
    binaries: { helm3: 'helm.sh/helm/v3/cmd/helm' },
    variables: version => ({ 'helm.sh/helm/v3/internal/version.version': version('helm.sh/helm/v3') }),
  },
]

/** Flux's own command line, a client of ours. What it would install is generated, and left out here. */
export const fluxCli: GoModule = {
  name: 'flux',
  folder: 'tools',
  binaries: { flux: 'github.com/fluxcd/flux2/v2/cmd/flux' },
  variables: () => ({}),
  incomplete: { path: 'github.com/fluxcd/flux2/v2', files: { 'cmd/flux/manifests/none.yaml': '{}\n' } },
}

/** The controllers whose place Lockstep takes. */
export const fluxControllers: readonly GoModule[] = ['source-controller', 'kustomize-controller'].map(name => ({
  name,
  folder: 'tools',
  binaries: { [name]: `github.com/fluxcd/${name}` },
  variables: () => ({}),
}))

/** Why nothing can be built here, or undefined where it can (or is built already). */
export function unavailable(modules: readonly GoModule[]): string | undefined {
  if (modules.every(isBuilt)) return undefined
  const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  if (go.status !== 0) return 'needs Go 1.26 or newer on the PATH to build it'
  const [, minor = '0'] = go.stdout.trim().replace(/^go/, '').split('.')
  return Number(minor) >= 26 ? undefined : `needs Go 1.26 or newer to build it; found ${go.stdout.trim()}`
}

export function binaryFolder(module: GoModule): string {
  return join(cacheRoot(), module.folder, moduleHash(module.name))
}

function isBuilt(module: GoModule): boolean {
  return Object.keys(module.binaries).every(name => existsSync(join(binaryFolder(module), name)))
}

/** Builds what the cache does not have yet and returns the folder of the binaries. Rejects with the compiler's words. */
export async function build(module: GoModule, log: (line: string) => void = () => {}): Promise<string> {
  const folder = binaryFolder(module)
  if (isBuilt(module)) return folder
  log(`building ${Object.keys(module.binaries).join(', ')} (minutes the first time)`)
  await mkdir(join(cacheRoot(), module.folder), { recursive: true })
  const partial = await mkdtemp(`${folder}-`)
  try {
    const copy = module.incomplete === undefined ? undefined : await complete(module, join(partial, 'source'))
    for (const [name, path] of Object.entries(module.binaries)) await compile(module, path, join(partial, name), copy)
    if (copy !== undefined) await rm(copy, { recursive: true })
    await rename(partial, folder).catch(async error => {
      if (!isBuilt(module)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

/** Copies an incomplete module out of Go's cache and adds what it lacks. Gives the copy's folder. */
async function complete({ name, incomplete }: GoModule, copy: string): Promise<string> {
  const { path = '', files = {} } = incomplete ?? {}
  const { stdout } = await run('go', ['mod', 'download', '-json', path], { cwd: join(moduleRoot, name) })
  await cp((JSON.parse(stdout) as { Dir: string }).Dir, copy, { recursive: true })
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755)
  await chmod(copy, 0o755)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(copy, file)), { recursive: true })
    await writeFile(join(copy, file), text)
  }
  return copy
}

async function compile(module: GoModule, path: string, output: string, copy?: string): Promise<void> {
  const folder = join(moduleRoot, module.name)
  const mod = readFileSync(join(folder, 'go.mod'), 'utf8')
  const version = (wanted: string) => {
    const match = mod.split('\n').map(line =>
      line
        .trim()
        .replace(/^require /, '')
        .split(' '),
    )
    return match.find(([name]) => name === wanted)?.[1] ?? 'v0.0.0'
  }
  const variables = Object.entries(module.variables(version)).map(([name, value]) => `-X ${name}=${value}`)
  await run('go', ['build', '-trimpath', '-ldflags', ['-s', '-w', ...variables].join(' '), '-o', output, path], {
    cwd: copy ?? folder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-p=2 -buildvcs=false -mod=readonly' },
    maxBuffer: 1 << 26,
  })
}

/** Builds an oracle and links it under its plain name, so that `<cache>/tools/kustomize` is the one of this checkout. */
export async function buildOracle(module: GoModule, log?: (line: string) => void): Promise<readonly string[]> {
  const folder = await build(module, log)
  return Promise.all(
    Object.keys(module.binaries).map(async name => {
      const link = join(cacheRoot(), module.folder, name)
      const fresh = `${link}.${process.pid}`
      await symlink(join(folder, name), fresh)
      await rename(fresh, link)
      return link
    }),
  )
}
