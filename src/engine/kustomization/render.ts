import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import { canonicalJson } from '../../manifest/canonical.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import { holds, type Tree } from '../../manifest/tree.ts'
import { type FluxRequest, fluxRenderer } from '../../render/flux/render.ts'
import type { Fetcher } from '../../render/kustomize/load.ts'
import { makeTreeCaches } from '../../render/kustomize/memo.ts'
import type { VariableSource } from '../../render/substitute/variables.ts'
import type { DecryptionKeys } from './decryption.ts'
import { hasErrors } from './problems.ts'
import { makeSharedLoads } from './shared-loads.ts'
import type { Workspace } from './workspace.ts'

const BUILD_FIELDS = [
  'buildMetadata',
  'components',
  'ignoreMissingComponents',
  'images',
  'namePrefix',
  'nameSuffix',
  'patches',
  'targetNamespace',
] as const

function requestOf({ spec }: Kustomization, variables: readonly VariableSource[]): FluxRequest {
  const { path, postBuild } = spec
  const fields = BUILD_FIELDS.filter(field => spec[field] !== undefined).map(field => [field, spec[field]])
  return {
    path: path ?? '',
    spec: Object.fromEntries(fields) as FluxRequest['spec'],
    substitution: postBuild && { variables, strict: true, strategy: postBuild.substituteStrategy },
  }
}

/** What rendering needs beyond the tree and the spec. */
interface Outside {
  readonly fetcher?: Fetcher | undefined
  readonly keys?: DecryptionKeys | undefined
}

/** Bases that the Kustomizations of one revision share, and those of the next one start with. */
const sharedBases = makeTreeCaches(2000)
const loadOnce = makeSharedLoads(16)

/**
 * Renders a Kustomization, or gives the last result back where nothing that it was made from has changed: not the spec,
 * not a variable, and no file or folder that was read. Without a fetcher remote bases are refused.
 */
export async function renderOrRecall(
  kustomization: Kustomization,
  variables: readonly VariableSource[],
  tree: Tree,
  workspace: Workspace,
  { fetcher, keys }: Outside = {},
): Promise<Rendered> {
  const request = requestOf(kustomization, variables)
  const inputs = createHash('sha256')
    .update(canonicalJson(request as unknown as JsonValue))
    .update(keys?.digest ?? '')
    .digest('hex')
  const { memo } = workspace
  const recalled = memo?.inputs === inputs && holds(memo.rendered.reads, tree)
  workspace.onRender?.(recalled)
  if (recalled) return memo.rendered
  const whole = { ...request, fetcher }
  // What one Kustomization's keys open is not for others.
  workspace.bases = keys === undefined ? sharedBases(tree, workspace.bases) : undefined
  const loaded =
    keys === undefined
      ? await loadOnce(tree, { ...whole, cache: workspace.bases })
      : await fluxRenderer.load(tree, { ...whole, keyring: keys.keyring })
  const rendered = fluxRenderer.render(loaded)
  // What was missing or came from elsewhere is not among what was read; so an error is found, and a remote base is asked, anew.
  workspace.memo = hasErrors(rendered.diagnostics) || !loaded.isLocal ? undefined : { inputs, rendered }
  return rendered
}

/**
 * Lets go of where each field came from, which only errors ask for: what was just applied has none. It holds on to every
 * file that was parsed, and is more than all objects together.
 */
export function forgetProvenance(workspace: Workspace): void {
  const { memo } = workspace
  if (memo === undefined || memo.rendered.objects.every(({ explain }) => explain === undefined)) return
  const objects = memo.rendered.objects.map(({ explain: _, ...sourced }) => sourced)
  workspace.memo = { ...memo, rendered: { ...memo.rendered, objects } }
}
