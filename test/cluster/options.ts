/** What a control plane is started with. */
export interface ControlPlaneOptions {
  /** Simulated nodes; pods scheduled to them run at once. Default 2. */
  readonly nodes?: number
  /** False starts etcd and the API server alone: faster, and nothing acts on the objects. Default true. */
  readonly controllers?: boolean
  /** Further users that may log in by token. `admin` (cluster-admin) is always there. */
  readonly users?: readonly TokenUser[]
  /** Further flags of the API server, such as `--feature-gates=…`. */
  readonly apiServerFlags?: readonly string[]
}

export interface TokenUser {
  readonly name: string
  readonly token: string
  readonly groups?: readonly string[]
}

/** What is known about a running control plane. Everything in `directory` goes when it stops. */
export interface RunningControlPlane {
  readonly kubeconfig: string
  readonly url: string
  /** Of the admin user. */
  readonly token: string
  readonly caFile: string
  /** Where etcd listens, without TLS; its HTTP gateway is there too. */
  readonly etcd: string
  readonly directory: string
  /** Folder with kubectl and the servers. */
  readonly binaries: string
  /** The guard first, then one process per component. */
  readonly pids: readonly number[]
}
