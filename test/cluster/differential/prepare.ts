import type { Api } from '../../support/api.ts'
import { widgetCrd } from '../../support/kube-sequences/kinds.ts'

/** Makes a namespace for sequences, and the custom kind that some of them use; resolves when it is served. */
export async function prepare(api: Api): Promise<string> {
  const namespace = `sequences-${process.pid}`
  await api.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetCrd)
  await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const end = Date.now() + 30_000
  while ((await api.send('GET', `/apis/sequences.lockstep.test/v1/namespaces/${namespace}/widgets`)).status !== 200) {
    if (Date.now() > end) throw new Error('widgets are not served after 30 s')
  }
  return namespace
}
