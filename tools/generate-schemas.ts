/**
 * Writes src/manifest/schema/generated/ from the API server that the test bed builds: `node tools/generate-schemas.ts`.
 * Needs Go; `KUBECONFIG` is not read, the script starts a server of its own.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { StoredDescriptions, StoredResource, StoredSchema, StoredSchemas } from '../src/manifest/schema/stored.ts'
import { moduleRoot } from '../test/cluster/cache.ts'
import { startControlPlane } from '../test/cluster/control-plane.ts'

interface OpenApi {
  readonly $ref?: string
  readonly allOf?: readonly OpenApi[]
  readonly oneOf?: readonly OpenApi[]
  readonly type?: StoredSchema['type']
  readonly format?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, OpenApi>>
  readonly required?: readonly string[]
  readonly items?: OpenApi
  readonly additionalProperties?: OpenApi | boolean
  readonly default?: StoredSchema['default']
  readonly enum?: StoredSchema['enum']
  readonly 'x-kubernetes-list-type'?: StoredSchema['listType']
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: StoredSchema['mapType']
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[]
}

type Presence = Readonly<Record<string, Readonly<Record<string, 'always' | 'omit-empty'>>>>

const output = join(import.meta.dirname, '../src/manifest/schema/generated')

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

function store(source: OpenApi, presence: Presence[string] = {}): StoredSchema {
  const ref = source.$ref ?? source.allOf?.[0]?.$ref
  const own = {
    default: source.default,
    listType: source['x-kubernetes-list-type'],
    listMapKeys: source['x-kubernetes-list-map-keys'],
    mapType: source['x-kubernetes-map-type'],
    patchStrategy: source['x-kubernetes-patch-strategy'],
    patchMergeKey: source['x-kubernetes-patch-merge-key'],
  }
  if (ref !== undefined) return defined({ ref: ref.slice(ref.lastIndexOf('/') + 1), ...own }) as StoredSchema
  const { type, format, required, properties, items, additionalProperties } = source
  const kinds = source['x-kubernetes-group-version-kind']
  return defined({
    type,
    format,
    oneOf: source.oneOf?.flatMap(option => option.type ?? []),
    required,
    properties:
      properties &&
      Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          defined({ ...store(field), presence: presence[name] }),
        ]),
      ),
    items: items && store(items),
    additionalProperties: typeof additionalProperties === 'object' ? store(additionalProperties) : additionalProperties,
    enum: source.enum,
    ...own,
    kinds: kinds?.map(({ group, version, kind }) => [group, version, kind] as const),
  }) as StoredSchema
}

function describe(source: OpenApi): Record<string, string> {
  const fields = Object.entries(source.properties ?? {}).map(([name, field]) => [name, field.description ?? ''])
  return Object.fromEntries([['', source.description ?? ''], ...fields])
}

async function main(): Promise<void> {
  const cluster = await startControlPlane({ controllers: false })
  const get = (path: string) =>
    new Promise<unknown>((resolve, reject) => {
      const options = { headers: { authorization: `Bearer ${cluster.token}` }, ca: readFileSync(cluster.caFile) }
      request(`${cluster.url}${path}`, options, response => {
        const parts: Buffer[] = []
        response.on('data', part => parts.push(part)).on('error', reject)
        response.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString())))
      })
        .on('error', reject)
        .end()
    })
  try {
    const presence = JSON.parse(
      execFileSync('go', ['run', './gofields'], {
        cwd: join(moduleRoot, 'kubernetes'),
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      }),
    ) as Presence
    const index = (await get('/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> }
    const definitions: Record<string, StoredSchema> = {}
    const descriptions: Record<string, Record<string, string>> = {}
    for (const { serverRelativeURL } of Object.values(index.paths)) {
      const document = (await get(serverRelativeURL)) as { components?: { schemas?: Record<string, OpenApi> } }
      for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
        definitions[name] ??= store(schema, presence[name])
        descriptions[name] ??= describe(schema)
      }
    }
    const groups = (await get('/apis')) as { groups: { versions: { groupVersion: string }[] }[] }
    const resources: Record<string, readonly StoredResource[]> = {}
    for (const groupVersion of ['v1', ...groups.groups.flatMap(group => group.versions.map(v => v.groupVersion))]) {
      const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
      resources[groupVersion] = ((await get(path)) as { resources: StoredResource[] }).resources
    }
    const { gitVersion } = (await get('/version')) as { gitVersion: string }
    const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)))
    write('kubernetes', { version: gitVersion, definitions: sorted, resources } satisfies StoredSchemas)
    write('descriptions', descriptions satisfies StoredDescriptions)
  } finally {
    await cluster.stop()
  }
}

function write(name: string, content: unknown): void {
  const bytes = gzipSync(JSON.stringify(content), { level: 9 })
  // The operating system's byte of the header would make the file differ between machines.
  bytes[9] = 255
  writeFileSync(join(output, `${name}.json.gz`), bytes)
  process.stdout.write(`${name}: ${bytes.length} bytes\n`)
}

await main()
