/** A kubeconfig with one cluster, one user and one context, as YAML. */
export function kubeconfigYaml(options: {
  readonly url: string
  readonly ca: string
  readonly user: string
  /** How the user proves who he is. */
  readonly credentials: { readonly token: string } | { readonly certificate: string; readonly key: string }
}): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const user = JSON.stringify(options.user)
  const { credentials } = options
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- name: lockstep-sandbox',
    '  cluster:',
    `    server: ${options.url}`,
    `    certificate-authority-data: ${base64(options.ca)}`,
    'users:',
    `- name: ${user}`,
    '  user:',
    ...('token' in credentials
      ? [`    token: ${credentials.token}`]
      : [
          `    client-certificate-data: ${base64(credentials.certificate)}`,
          `    client-key-data: ${base64(credentials.key)}`,
        ]),
    'contexts:',
    '- name: lockstep-sandbox',
    '  context:',
    '    cluster: lockstep-sandbox',
    `    user: ${user}`,
    'current-context: lockstep-sandbox',
    '',
  ].join('\n')
}
