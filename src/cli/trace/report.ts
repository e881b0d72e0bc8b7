import { findCondition } from '../../api/condition.ts'
import type { GitRepository } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { conditionsOf } from '../summary.ts'

/** What an object comes from, as far as it can be followed. */
export interface Traced {
  readonly object: KubeObject
  readonly kustomization: Kustomization
  readonly source: KubeObject | undefined
}

type Line = readonly [label: string, value: string | undefined]

/** Where the values of the report begin. */
const COLUMN = 17

function block(lines: readonly Line[]): string {
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined && line[1] !== '')
    .map(([label, value]) => `${`${label}:`.padEnd(COLUMN)}${value}\n`)
    .join('')
}

/** `2026-11-21T03:02:21Z` as Go prints times. */
function goTime(timestamp: string): string {
  const [date, time] = new Date(timestamp).toISOString().split(/[T.]/)
  return `${date} ${time} +0000 UTC`
}

function stateLines(object: KubeObject): readonly Line[] {
  const suspended = (object['spec'] as { suspend?: boolean } | undefined)?.suspend === true
  const ready = findCondition(conditionsOf(object), 'Ready')
  if (suspended) return [['Status', 'Suspended']]
  if (ready === undefined) return [['Status', 'Unknown']]
  const when = goTime(ready.lastTransitionTime)
  const words = {
    True: `Last reconciled at ${when}`,
    False: `Last reconciliation failed at ${when}`,
    Unknown: `Reconciling since ${when}`,
  }
  return [
    ['Status', words[ready.status]],
    ['Message', ready.message],
  ]
}

function kustomizationLines(kustomization: Kustomization): readonly Line[] {
  const { metadata, spec, status } = kustomization
  return [
    ['Kustomization', metadata.name],
    ['Namespace', metadata.namespace],
    ['Target', spec.targetNamespace],
    ['Path', spec.path],
    ['Revision', status?.lastAppliedRevision],
    ...stateLines(kustomization),
  ]
}

function sourceLines(source: KubeObject): readonly Line[] {
  const { spec, status } = source as unknown as Pick<GitRepository, 'spec' | 'status'>
  const { ref } = spec
  return [
    [source.kind, source.metadata.name],
    ['Namespace', source.metadata.namespace],
    ['URL', spec.url],
    ['Commit', ref?.commit],
    ['Reference', ref?.name],
    ['Semver', ref?.semver],
    ['Tag', ref?.tag],
    ['Branch', ref?.branch],
    ['Revision', status?.artifact?.revision],
    ...stateLines(source),
  ]
}

/** `path: app/web.yaml` of the annotation that kustomize leaves where `buildMetadata` asks for it. */
function manifestOf({ metadata }: KubeObject): string | undefined {
  const origin = metadata.annotations?.['config.kubernetes.io/origin']
  return origin === undefined ? undefined : /^path: (.*)$/m.exec(origin)?.[1]
}

/** The way from an object back to Git, as the `flux` CLI prints it; with the file of the manifest where that is known. */
export function traceText({ object, kustomization, source }: Traced): string {
  const first: readonly Line[] = [
    ['Object', `${object.kind}/${object.metadata.name}`],
    ['Namespace', object.metadata.namespace],
    ['Status', 'Managed by Flux'],
    ['Manifest', manifestOf(object)],
  ]
  const blocks = [first, kustomizationLines(kustomization), ...(source === undefined ? [] : [sourceLines(source)])]
  return `\n${blocks.map(block).join('---\n')}`
}
