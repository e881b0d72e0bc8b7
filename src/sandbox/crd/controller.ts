import type { KubeObject } from '../../manifest/object.ts'
import type { SandboxClient } from '../client.ts'
import { timestamp } from '../clock.ts'
import type { Controller } from '../controller.ts'
import { createWorkQueue } from '../core/work-queue.ts'
import { equal } from '../equal.ts'
import { storageKey } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'
import { withMetadata } from '../registry/metadata.ts'
import { customKind } from './custom-kind.ts'
import {
  CLEANUP,
  type Condition,
  DEFINITIONS,
  type DefinitionStatus,
  type Names,
  specOf,
  statusOf,
  withCondition,
  withStatus,
} from './definition.ts'

/**
 * Serves what CustomResourceDefinitions define. A definition is in discovery as soon as it is stored; its conditions follow
 * on the next turn. A deleted one takes its objects with it.
 */
export function definitionController(catalog: Catalog, manager: SandboxClient): Controller {
  return ({ clock, report }) => {
    const client = manager
    const queue = createWorkQueue(name => reconcile(name), report)
    const served = new Map<string, KubeObject>()
    const stops = new Map<string, () => void>()

    const stop = client.watch(DEFINITIONS, event => {
      const { object, name } = event.current
      if (event.type === 'DELETED') withdraw(name)
      else serve(object)
      queue.add(name)
    })

    function serve(definition: KubeObject): void {
      const { name } = definition.metadata
      if (!accepted(definition)) return
      const before = served.get(name)
      if (before !== undefined && equal(before['spec'], definition['spec'])) return
      const kind = customKind(definition)
      if (kind === undefined) return
      served.set(name, definition)
      catalog.add(kind)
      stops.get(name)?.()
      stops.set(
        name,
        client.watch(storageKey(kind), event => {
          if (event.type === 'DELETED' && client.get(DEFINITIONS, '', name)?.metadata.deletionTimestamp !== undefined)
            queue.add(name)
        }),
      )
    }

    function withdraw(name: string): void {
      const definition = served.get(name)
      if (definition === undefined) return
      const { group, names } = specOf(definition)
      served.delete(name)
      stops.get(name)?.()
      stops.delete(name)
      catalog.remove(group, names.plural)
    }

    function accepted(definition: KubeObject): boolean {
      return conflictOf(definition) === undefined
    }

    /** The last of a definition's names that another resource of its group has already. */
    function conflictOf(definition: KubeObject): { field: string; name: string } | undefined {
      return namesOf(definition).conflict
    }

    /** Which of a definition's names are free; the rest stays as it was accepted before. */
    function namesOf(definition: KubeObject): {
      accepted: Names
      conflict: { field: string; name: string } | undefined
    } {
      const { group, names } = specOf(definition)
      const others = catalog.kinds().filter(kind => kind.group === group && kind.plural !== names.plural)
      const taken = new Set(others.flatMap(kind => [kind.plural, kind.singular, ...kind.shortNames]))
      const kinds = new Set(others.flatMap(kind => [kind.kind, kind.listKind ?? `${kind.kind}List`]))
      let accepted: Names = statusOf(definition).acceptedNames ?? { plural: '', kind: '' }
      let conflict: { field: string; name: string } | undefined
      const shorts = names.shortNames ?? []
      const free = (field: string, used: string | undefined, part: Partial<Names>) => {
        if (used === undefined) accepted = { ...accepted, ...part }
        else conflict = { field, name: used }
      }
      free('Plural', taken.has(names.plural) ? names.plural : undefined, { plural: names.plural })
      const { singular, listKind } = names
      if (singular !== undefined) free('Singular', taken.has(singular) ? singular : undefined, { singular })
      const short = shorts.find(one => taken.has(one))
      if (shorts.length > 0) free('ShortNames', short, { shortNames: shorts })
      free('Kind', kinds.has(names.kind) ? names.kind : undefined, { kind: names.kind })
      if (listKind !== undefined) free('ListKind', kinds.has(listKind) ? listKind : undefined, { listKind })
      return { accepted: conflict === undefined ? names : accepted, conflict }
    }

    function reconcile(name: string): void {
      const definition = client.get(DEFINITIONS, '', name)
      if (definition === undefined) {
        // A name may have become free for a definition that waits for it.
        for (const other of client.list(DEFINITIONS))
          if (!served.has(other.metadata.name)) queue.add(other.metadata.name)
        return
      }
      if (definition.metadata.deletionTimestamp !== undefined) cleanUp(definition)
      else {
        serve(definition)
        establish(definition)
      }
    }

    function establish(definition: KubeObject): void {
      const { accepted: acceptedNames, conflict } = namesOf(definition)
      const before = statusOf(definition)
      const now = timestamp(clock.now())
      const condition = (type: string, holds: boolean, reason: string, message: string): Condition => ({
        type,
        status: holds ? 'True' : 'False',
        lastTransitionTime: now,
        reason,
        message,
      })
      let conditions = before.conditions ?? []
      if (conflict === undefined) {
        conditions = withCondition(conditions, condition('NamesAccepted', true, 'NoConflicts', 'no conflicts found'))
        if (!conditions.some(one => one.type === 'Established' && one.status === 'True'))
          conditions = withCondition(
            conditions,
            condition('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted'),
          )
      } else {
        const message = `${JSON.stringify(conflict.name)} is already in use`
        conditions = withCondition(conditions, condition('NamesAccepted', false, `${conflict.field}Conflict`, message))
        if (!conditions.some(one => one.type === 'Established'))
          conditions = withCondition(
            conditions,
            condition('Established', false, 'NotAccepted', 'not all names are accepted'),
          )
      }
      const status: DefinitionStatus = {
        acceptedNames,
        conditions,
        storedVersions: before.storedVersions ?? [],
      }
      if (!equal(status, before)) client.update(DEFINITIONS, withStatus(definition, status), { subresource: 'status' })
    }

    function cleanUp(definition: KubeObject): void {
      const { finalizers = [], name } = definition.metadata
      if (!finalizers.includes(CLEANUP)) return
      const kind = served.has(name) ? customKind(definition) : undefined
      if (kind !== undefined) {
        const key = storageKey(kind)
        for (const { metadata } of client.list(key))
          if (metadata.deletionTimestamp === undefined) client.delete(key, metadata.namespace ?? '', metadata.name)
        if (client.list(key).length > 0) return
      }
      const kept = finalizers.filter(one => one !== CLEANUP)
      const live = client.get(DEFINITIONS, '', name) ?? definition
      client.update(DEFINITIONS, withMetadata(live, { finalizers: kept.length === 0 ? undefined : kept }))
    }

    return () => {
      queue.stop()
      stop()
      for (const end of stops.values()) end()
    }
  }
}
