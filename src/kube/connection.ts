/** PEM text, or the file that holds it (read again when it may have been renewed). */
export type PemSource = { readonly pem: string } | { readonly file: string }

/** Who acts instead of the authenticated user; the headers `Impersonate-*`. */
export interface Impersonation {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** A command that prints credentials, as `client.authentication.k8s.io` describes it. */
export interface ExecPlugin {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1'
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly installHint?: string
  readonly provideClusterInfo: boolean
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always'
}

/** How requests are authorised, besides a client certificate. */
export type Login =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'token-file'; readonly file: string; readonly fallback?: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'exec'; readonly plugin: ExecPlugin }
  /** Asked before each request; keeps and renews its token by itself. */
  | { readonly type: 'token-source'; readonly token: () => Promise<string> }

/** Everything that is needed to reach one cluster as one user. A value: nothing is read or run yet. */
export interface Connection {
  /** What people call it: the context's name, or `in-cluster`. */
  readonly name: string
  /** Base URL, `https://host:port[/prefix]`, without a slash at the end. */
  readonly server: string
  /** Where namespaced objects go that name no namespace. */
  readonly namespace: string
  readonly ca?: PemSource
  /** The name that the server's certificate must have, instead of the URL's host. */
  readonly serverName?: string
  /** True accepts any server certificate. */
  readonly insecure?: boolean
  /** URL of an http, https or socks5 proxy. */
  readonly proxy?: string
  readonly certificate?: { readonly cert: PemSource; readonly key: PemSource }
  readonly login: Login
  readonly impersonate?: Impersonation
}
