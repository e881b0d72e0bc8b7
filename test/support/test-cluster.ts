import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectCluster } from '../../src/kube/client.ts'
import type { ClientOptions, KubeClient } from '../../src/kube/client-types.ts'
import type { Connection } from '../../src/kube/connection.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { loadConnection, parseKubeconfig } from '../../src/kube/load-connection.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'

/** A cluster for tests: the one that LOCKSTEP_KUBECONFIG names, or an embedded one. */
export interface TestCluster {
  readonly connection: Connection
  /** Absent on a real cluster, which cannot be told to fail. */
  readonly sandbox: Sandbox | undefined
  connect(options?: ClientOptions): KubeClient
  stop(): Promise<void>
}

export async function openTestCluster(): Promise<TestCluster> {
  const kubeconfig = process.env['LOCKSTEP_KUBECONFIG']
  const sandbox = kubeconfig === undefined ? await startSandbox() : undefined
  const connection =
    sandbox === undefined
      ? await loadConnection({ ...(kubeconfig !== undefined && { kubeconfig }) })
      : connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox'))
  const clients: KubeClient[] = []
  return {
    connection,
    sandbox,
    connect(options) {
      const client = connectCluster(connection, options)
      clients.push(client)
      return client
    },
    async stop() {
      await Promise.all(clients.map(client => client.close()))
      await sandbox?.stop()
    },
  }
}

/** A folder of files that is removed again. */
export async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-test-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text, { mode: 0o700 })
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
