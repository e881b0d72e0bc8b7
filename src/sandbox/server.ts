import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdmission } from './admission/admission.ts'
import { policyStatus } from './admission/policy-status.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import { escalation } from './auth/escalation.ts'
import { createAuthorizer } from './auth/rbac.ts'
import { type Access, reviewKinds } from './auth/reviews.ts'
import { createTokenSigner } from './auth/token.ts'
import { systemClock } from './clock.ts'
import type { Controller, ControllerContext } from './controller.ts'
import { aggregatedRoles } from './core/aggregated-roles.ts'
import { bootstrap } from './core/bootstrap.ts'
import { garbageCollector } from './core/garbage.ts'
import { namespaceController } from './core/namespaces.ts'
import { definitionController } from './crd/controller.ts'
import { customResourceDefinitionKind } from './crd/definition-kind.ts'
import { createFaults, matches } from './faults.ts'
import type { Watches } from './http/common.ts'
import { createHandler } from './http/handler.ts'
import { createClient } from './in-process-client.ts'
import { builtinKinds } from './kinds/index.ts'
import { kubeconfigYaml } from './kubeconfig.ts'
import { createOpenApi } from './openapi/serve.ts'
import { createSecrets, openDataFile } from './persistence.ts'
import { type Identity, issue } from './pki/certificate.ts'
import { randomName } from './random.ts'
import { createCatalog } from './registry/catalog.ts'
import { createFieldManagement } from './registry/field-management.ts'
import { type Registry, readerOf } from './registry/registry.ts'
import type { Sandbox, SandboxOptions } from './sandbox.ts'
import { createStore } from './store.ts'
import { controllers } from './workloads/index.ts'

const YEAR = 365 * 24 * 3600 * 1000

/** Puts the parts together and listens. */
export async function serve(options: SandboxOptions): Promise<Sandbox> {
  const host = options.host ?? '127.0.0.1'
  const clock = options.clock ?? systemClock()
  const log = options.log ?? (message => process.stderr.write(`sandbox: ${message}\n`))
  // Certificates are checked against the machine's clock, whatever the sandbox's says.
  const validity = { notBefore: Date.now() - 24 * 3600 * 1000, notAfter: Date.now() + 10 * YEAR }
  const data =
    options.dataFile === undefined ? undefined : openDataFile(options.dataFile, () => createSecrets(validity))
  const { authority, signerKey, adminToken } = data?.secrets ?? createSecrets(validity)
  const hosts = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '127.0.0.1', '10.96.0.1']
  const identity = issue(
    { name: { commonName: 'kube-apiserver' }, use: 'server', hosts: [...new Set([...hosts, host])], ...validity },
    authority,
  )
  const signer = createTokenSigner(signerKey)

  const store = createStore({
    ...(options.history === undefined ? {} : { history: options.history }),
    ...(data === undefined ? {} : { revision: data.revision }),
  })
  data?.attach(store)
  const catalog = createCatalog([...builtinKinds, customResourceDefinitionKind, ...reviewKinds])
  const reader = readerOf(store)
  const authorizer = createAuthorizer(store)
  const guard: Registry['guard'] = (user, kind, object) => {
    const refused = escalation(authorizer, store, user, kind, object)
    if (refused !== undefined) throw refused
  }
  const registry: Registry = {
    guard,
    store,
    catalog,
    clock,
    fields: createFieldManagement(),
    reader,
    admission: createAdmission(store, authorizer),
    random: randomName,
  }
  const audience = 'https://kubernetes.default.svc.cluster.local'
  const admin = { username: 'kubernetes-admin', groups: ['system:masters'] }
  const access: Access = {
    authenticator: createAuthenticator({ tokens: new Map([[adminToken, admin]]), signer, reader, clock, audience }),
    authorizer,
    signer,
    audience,
  }

  const faults = createFaults()
  const watches: Watches = new Map()
  const sockets = new Set<Duplex>()
  let port = options.port ?? 0
  const handler = createHandler({
    registry,
    access,
    faults,
    watches,
    log,
    openapi: createOpenApi(catalog),
    address: () => `${host}:${port}`,
  })
  const server = createServer(
    {
      key: identity.key,
      cert: identity.certificate,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    handler,
  )
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  // From the first byte on: a connection that is still in its handshake would keep `close` waiting for ever.
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', socket => socket.setNoDelay(true))
  server.on('tlsClientError', () => {})
  server.on('clientError', (_error, socket) => socket.destroy())

  port = await listen(server, port, host)
  const client = createClient(registry, 'sandbox')
  bootstrap(createClient(registry, 'kube-apiserver'), port)
  const stops = startControllers(
    [
      namespaceController(catalog, authority.certificate),
      garbageCollector(store, catalog),
      definitionController(catalog, createClient(registry, 'kube-apiserver')),
      aggregatedRoles,
      policyStatus,
      ...(options.workloads === false ? [] : controllers),
    ],
    {
      client: createClient(registry, 'kube-controller-manager'),
      clock,
      random: randomName,
      report: error => log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    },
  )

  const url = `https://${host}:${port}`
  const close = async () => {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url,
    ca: authority.certificate,
    adminToken,
    clock,
    client,
    kubeconfig(user) {
      if (user === undefined)
        return kubeconfigYaml({
          url,
          ca: authority.certificate,
          user: admin.username,
          credentials: { token: adminToken },
        })
      const name = { commonName: user.username, organizations: user.groups ?? [] }
      const { certificate, key }: Identity = issue({ name, use: 'client', ...validity }, authority)
      return kubeconfigYaml({ url, ca: authority.certificate, user: user.username, credentials: { certificate, key } })
    },
    faults: {
      inject: fault => faults.inject(fault),
      clear: () => faults.clear(),
      dropWatches(match = {}) {
        const { cut = false, ...which } = match
        const chosen = [...watches].filter(([, request]) => matches(which, request.info, request.user))
        for (const [watch] of chosen) watch.end(cut)
        return chosen.length
      },
      compact: () => store.compact(store.revision),
      async restart(downtime = 0) {
        await close()
        await new Promise<void>(resolve => setTimeout(resolve, downtime))
        await listen(server, port, host)
      },
    },
    async stop() {
      for (const stop of stops) stop()
      await close()
      data?.close()
    },
  }
}

function startControllers(list: readonly Controller[], context: ControllerContext): readonly (() => void)[] {
  return list.map(controller => controller(context))
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.removeListener('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
