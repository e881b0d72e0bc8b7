import type { KubeObject } from '../../manifest/object.ts'
import type { Admission } from '../admission/admission.ts'
import type { Clock } from '../clock.ts'
import type { Kind, Reader, StrategyContext, User } from '../kind.ts'
import type { GroupResource } from '../status.ts'
import type { Store } from '../store.ts'
import type { Catalog } from './catalog.ts'
import type { FieldManagement } from './field-management.ts'
import type { Scope } from './scope.ts'

/** What every operation on objects needs. */
export interface Registry {
  readonly store: Store
  readonly catalog: Catalog
  readonly clock: Clock
  readonly fields: FieldManagement
  readonly reader: Reader
  /** Policies and webhooks. */
  readonly admission: Admission
  /** Refuses, by throwing, what its author may not write although he may write the resource. */
  guard(user: User, kind: Kind, object: KubeObject): void
  /** Letters and digits that make no words, as in generated names. */
  random(length: number): string
}

/** Group and plural, for messages. */
export function resourceOf(kind: Kind): GroupResource {
  return { group: kind.group, resource: kind.plural }
}

/** Reads the store for strategies. */
export function readerOf(store: Store): Reader {
  return {
    get: (resource, namespace, name) => store.get(resource, namespace, name)?.object,
    list: (resource, namespace) => store.list(resource, namespace).map(stored => stored.object),
  }
}

/** The view of a request that strategies get. */
export function strategyContext(registry: Registry, scope: Scope): StrategyContext {
  return {
    now: registry.clock.now(),
    user: scope.user,
    dryRun: scope.dryRun,
    reader: registry.reader,
    random: registry.random,
    warn: scope.warn,
  }
}
