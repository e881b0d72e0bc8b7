import type { KubeObject } from '../../src/manifest/object.ts'

/** `shared`: every Kustomization renders one folder with variables of its own; `monorepo`: each has a folder of its own. */
export type Layout = 'shared' | 'monorepo'

/** The four objects of an application: ServiceAccount, Service, Deployment without replicas, Ingress. */
export function manifests(name: string, value: string): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 0
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: app
        image: example.test/app:1
        env:
        - name: VALUE
          value: "${value}"
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
spec:
  rules:
  - host: ${name}.example.test
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: ${name}
            port:
              number: 80
`
}

const VARIABLES = { name: '$'.concat('{name}'), value: '$'.concat('{value}') }

/** The files of a commit; without a value, the shared folder takes it from the spec. */
export function filesAt(layout: Layout, names: readonly string[], value?: string): Readonly<Record<string, string>> {
  if (layout === 'shared') return { 'app/all.yaml': manifests(VARIABLES.name, value ?? VARIABLES.value) }
  return Object.fromEntries(names.map(name => [`apps/${name}/all.yaml`, manifests(name, value ?? 'first')]))
}

export function kustomization(layout: Layout, namespace: string, name: string, value: string): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: {
      interval: '60m',
      timeout: '5m',
      prune: true,
      wait: true,
      path: layout === 'shared' ? './app' : `./apps/${name}`,
      targetNamespace: namespace,
      sourceRef: { kind: 'GitRepository', name: 'bench' },
      ...(layout === 'shared' && { postBuild: { substitute: { name, value } } }),
    },
  }
}
