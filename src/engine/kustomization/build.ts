import { formatRef, refOf } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import { resolvePath } from '../../manifest/resolve-path.ts'
import type { Tree } from '../../manifest/tree.ts'
import { remoteBases } from '../remote-bases.ts'
import { decryptionKeys, decryptionReferencesOf } from './decryption.ts'
import { describeProblems, hasErrors } from './problems.ts'
import { kubeconfigReferenceOf } from './remote-connection.ts'
import { renderOrRecall } from './render.ts'
import { readVariables, variableReferencesOf } from './variables.ts'
import type { Failure, Work } from './work.ts'

/** What of an attempt rendering needs; previews have no more. */
export interface RenderWork extends Pick<Work, 'kustomization' | 'workspace'> {
  readonly source: Pick<Work['source'], 'revision' | 'authorship'> & { readonly tree: Tree }
  readonly context: Pick<Work['context'], 'references'> &
    Partial<Pick<Work['context'], 'cloud' | 'cluster' | 'git' | 'settings'>>
}

/** Renders the folder of a Kustomization with its variables; a failure names every problem of the revision. */
export async function build({ kustomization, source, workspace, context }: RenderWork): Promise<Rendered | Failure> {
  const path = kustomization.spec.path ?? ''
  const folder = await resolvePath(source.tree, path)
  if (folder.found && folder.entry.type !== 'directory') {
    const message = `spec.path '${path}' is no folder in ${source.revision}; name the folder that the file is in`
    return { phase: 'building', reason: 'BuildFailed', message }
  }
  if (!folder.found) {
    const message = `kustomization path not found: stat ${path}: no such file or directory`
    return {
      phase: 'fetching',
      reason: 'ArtifactFailed',
      message: `${message} in ${source.revision} (correct spec.path, or add the folder)`,
    }
  }
  const reader = formatRef(refOf(kustomization))
  context.references.keep(reader, [
    ...variableReferencesOf(kustomization),
    ...kubeconfigReferenceOf(kustomization),
    ...decryptionReferencesOf(kustomization, context.settings),
  ])
  const variables = await readVariables(kustomization, reference => context.references.read(reference, reader))
  if (variables.kind === 'missing')
    return { phase: 'building', reason: 'BuildFailed', message: `post build failed: ${variables.message}` }
  const { git, settings } = context
  const hosts = settings?.remoteHosts
  const fetcher =
    git === undefined || settings?.noRemoteBases !== false
      ? undefined
      : remoteBases({ git, ...(hosts !== undefined && { hosts }) })
  const keys = await decryptionKeys(kustomization, context).catch(String)
  if (typeof keys === 'string')
    return {
      phase: 'building',
      reason: 'BuildFailed',
      message: `decryption failed: ${keys.replace(/^\w*Error: /, '')}`,
    }
  const outside = { fetcher, keys }
  const rendered = await renderOrRecall(kustomization, variables.sources, source.tree, workspace, outside)
  if (!hasErrors(rendered.diagnostics)) return rendered
  return { phase: 'building', reason: 'BuildFailed', message: describeProblems(rendered.diagnostics, source) }
}
