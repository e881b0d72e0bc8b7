import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/*
 * npm writes only those optional packages into the lock file that the registry it was run against offers, and `npm ci`
 * refuses a lock file that lacks one. This adds the missing ones (binaries for other platforms) with what their names say:
 * `node tools/complete-lock.ts`, after each change of dependencies.
 */
interface LockEntry {
  readonly version?: string
  readonly optional?: boolean
  readonly dev?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'wasm32',
]
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']
const ABIS = ['musl', 'gnu', 'gnueabihf', 'msvc', 'eabi']

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.filter(each => words.includes(each))
  const cpu = PROCESSORS.filter(each => words.includes(each))
  const libc = ABIS.filter(each => words.includes(each)).flatMap(abi =>
    abi === 'musl' ? ['musl'] : abi.startsWith('gnu') ? ['glibc'] : [],
  )
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }) }
}

const file = path.resolve(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> }
const added: Record<string, LockEntry> = {}
for (const [at, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`
    const nested = `${at}/${place}`
    const isExact = /^\d+\.\d+\.\d+/.test(version)
    if (at === '' || !isExact || place in lock.packages || nested in lock.packages) continue
    added[place] = { version, ...platformOf(name), ...(dev === true && { dev }), optional: true }
  }
}
const packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...added }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
)
writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
console.log(`${Object.keys(added).length} packages added`)
