import type { KubeClient } from '../../kube/client-types.ts'
import { untilServed } from '../../kube/until-served.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { crds, servedKinds } from './manifests.ts'

/** Applies our CRDs, and resolves when the server has their kinds. */
export async function installCrds(client: KubeClient, fieldManager = 'lockstep'): Promise<void> {
  for (const crd of crds()) await client.apply(crd as unknown as KubeObject, { fieldManager, force: true })
  for (const kind of servedKinds) await untilServed(client, kind)
}
