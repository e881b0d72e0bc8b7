import type { KubeObject } from '../manifest/object.ts'
import { toYaml } from '../manifest/yaml/to-yaml.ts'
import { CommandFailure } from './failure.ts'

export type OutputFormat = 'json' | 'yaml' | 'name'

/** The value of `-o`; `wide` and nothing at all mean a table. */
export function parseOutput(value: string | undefined): OutputFormat | undefined {
  if (value === undefined || value === 'wide') return undefined
  if (value === 'json' || value === 'yaml' || value === 'name') return value
  throw new CommandFailure(`there is no output format '${value}'; there are json, yaml, name and wide`)
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return `${kind.toLowerCase()}${group}/${metadata.name}`
}

/** Objects as people and programs read them: one by itself, several as a list. `managedFields` are left out. */
export function formatObjects(objects: readonly KubeObject[], format: OutputFormat): string {
  const bare = objects.map(object => {
    const { managedFields: _, ...metadata } = object.metadata
    return { ...object, metadata }
  })
  if (format === 'name') return objects.map(object => `${nameOf(object)}\n`).join('')
  const [only] = bare
  const value = bare.length === 1 && only !== undefined ? only : { apiVersion: 'v1', kind: 'List', items: bare }
  return format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : toYaml(value as never)
}
