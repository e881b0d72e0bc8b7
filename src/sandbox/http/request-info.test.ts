import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestInfo } from './request-info.ts'

function read(method: string, url: string): string {
  const info = requestInfo(method, url)
  if (info === undefined) return 'no URL'
  if (!info.isResource) return `${info.verb} path`
  const { verb, group, version, namespace, resource, name, subresource } = info
  return `${verb} ${group}/${version} ns=${namespace} ${resource} ${name} ${subresource}`.trimEnd()
}

test('paths and methods are read as the API server reads them', () => {
  const cases: [string, string, string][] = [
    ['GET', '/api/v1/namespaces/a/pods', 'list /v1 ns=a pods'],
    ['GET', '/api/v1/namespaces/a/pods?watch=1', 'watch /v1 ns=a pods'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'watch /v1 ns=a pods'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'get /v1 ns=a pods p log'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dp', 'list /v1 ns= pods p'],
    ['GET', '/api/v1/namespaces/a', 'get /v1 ns=a namespaces a'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update /v1 ns=a namespaces a finalize'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps/v1 ns=a deployments'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps/v1 ns=a deployments d scale'],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 'create rbac.authorization.k8s.io/v1 ns= clusterroles'],
    ['GET', '/apis/apps/v1', 'get path'],
    ['GET', '/healthz', 'get path'],
    ['GET', '/api/v1/namespaces/%zz', 'no URL'],
  ]
  for (const [method, url, expected] of cases) assert.equal(read(method, url), expected, url)
})
