import { isDeepStrictEqual } from 'node:util'
import type { KubeClient } from '../kube/client-types.ts'
import { type Informer, watchResource } from '../kube/informer.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'

/** A ConfigMap or Secret that another object's reconciliation reads. */
export interface Reference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
}

/**
 * Reads ConfigMaps and Secrets that objects refer to, and tells when they change. Each is watched by its name, so that
 * nobody else's Secrets are read; a thousand readers of one share a watch.
 */
export interface References {
  /** The live object, undefined where there is none. From now on `reader` is told about its changes. */
  read(reference: Reference, reader: string): Promise<KubeObject | undefined>
  /** Says what a reader still reads; what nobody reads is no longer watched. */
  keep(reader: string, references: readonly Reference[]): void
  close(): void
}

interface ReferenceOptions {
  readonly cluster: KubeClient
  /** Called with each reader of an object whose content changed, came or went. */
  readonly onChange: (reader: string) => void
}

interface Entry {
  readonly informer: Informer
  readonly answered: Promise<void>
  readonly readers: Set<string>
}

function keyOf({ kind, namespace, name }: Reference): string {
  return `${kind}/${namespace}/${name}`
}

function contentOf(object: KubeObject): unknown {
  return [object['data'], object['binaryData']]
}

export function watchReferences({ cluster, onChange }: ReferenceOptions): References {
  const entries = new Map<string, Entry>()

  function open(reference: Reference): Entry {
    const { kind, namespace, name } = reference
    const readers = new Set<string>()
    const { promise, resolve } = Promise.withResolvers<void>()
    const informer = watchResource(
      cluster,
      { group: '', version: 'v1', kind },
      {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        onState: ({ phase }) => void (phase !== 'listing' && resolve()),
        onChange(change) {
          if (change.type === 'added' && change.initial) return
          const isSame =
            change.type === 'modified' && isDeepStrictEqual(contentOf(change.object), contentOf(change.previous))
          if (!isSame) for (const reader of readers) onChange(reader)
        },
      },
    )
    return { informer, answered: promise, readers }
  }

  return {
    async read(reference, reader) {
      const key = keyOf(reference)
      let entry = entries.get(key)
      if (entry === undefined) {
        entry = open(reference)
        entries.set(key, entry)
      }
      entry.readers.add(reader)
      await entry.answered
      if (entry.informer.state.phase === 'watching') return entry.informer.get(reference.namespace, reference.name)
      const ref: ObjectRef = { group: '', version: 'v1', ...reference }
      return await cluster.get(ref)
    },
    keep(reader, references) {
      const kept = new Set(references.map(keyOf))
      for (const [key, { informer, readers }] of entries) {
        if (kept.has(key) || !readers.delete(reader) || readers.size > 0) continue
        informer.close()
        entries.delete(key)
      }
    },
    close() {
      for (const { informer } of entries.values()) informer.close()
    },
  }
}
