/**
 * Reading and writing YAML, in MB/s of manifest text, with js-yaml on the same text beside it.
 *
 *     node bench/yaml.ts [megabytes]
 */
import yaml from 'js-yaml'
import type { JsonValue } from '../src/manifest/json.ts'
import { decodeNode } from '../src/manifest/yaml/decode.ts'
import { encodeYaml } from '../src/manifest/yaml/encode.ts'
import { parseYaml } from '../src/manifest/yaml/parse.ts'
import { toYaml } from '../src/manifest/yaml/to-yaml.ts'

function manifests(i: number): string[] {
  return [
    `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
  namespace: team-${i % 50}
  labels:
    app.kubernetes.io/name: app-${i}
    app.kubernetes.io/part-of: bench
  annotations:
    description: "An application with a fairly long description, in quotes"
spec:
  replicas: ${i % 5}
  selector:
    matchLabels:
      app.kubernetes.io/name: app-${i}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-${i}
    spec:
      containers:
        - name: main # the only one
          image: ghcr.io/example/app:1.2.${i}
          args: ["--port", "8080", --verbose]
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits:
              memory: 256Mi
`,
    `apiVersion: v1
kind: ConfigMap
metadata:
  name: app-${i}
  namespace: team-${i % 50}
data:
  enabled: "true"
  config.yaml: |
    server:
      port: 8080
      host: 0.0.0.0
    log: debug
`,
  ]
}

const wanted = Number(process.argv[2] ?? 5) * 1e6
const files: string[] = []
for (let size = 0, i = 0; size < wanted; i++) {
  for (const text of manifests(i)) {
    files.push(text)
    size += text.length
  }
}
const stream = files.join('---\n')
const documents = files.map(text => parseYaml(text, { file: 'bench.yaml' }).documents[0]!)
const values = documents.map(node => decodeNode(node, 'kubectl').value as JsonValue)

function megabytesPerSecond(work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 12; run++) {
    const start = performance.now()
    work()
    best = Math.min(best, performance.now() - start)
  }
  return stream.length / 1000 / best
}

function compare(name: string, peer: string, ours: () => void, theirs: () => void): void {
  const [mine, other] = [megabytesPerSecond(ours), megabytesPerSecond(theirs)]
  const ratio = `${(mine / other).toFixed(2)} of ${peer} (${other.toFixed(1)})`
  console.log(`${name.padEnd(34)}${mine.toFixed(1).padStart(7)} MB/s  ${ratio}`)
}

const read = (text: string) => decodeNode(parseYaml(text, { file: 'bench.yaml' }).documents[0]!, 'kubectl')
const readAll = () => parseYaml(stream, { file: 'bench.yaml' }).documents.map(node => decodeNode(node, 'kubectl'))
compare(
  'nodes of files',
  'js-yaml',
  () => files.forEach(text => void parseYaml(text, { file: 'f' })),
  () => files.forEach(text => void yaml.load(text)),
)
compare(
  'values of files',
  'js-yaml',
  () => files.forEach(text => void read(text)),
  () => files.forEach(text => void yaml.load(text)),
)
compare(
  'values of one stream',
  'js-yaml',
  () => void readAll(),
  () => void yaml.loadAll(stream),
)
compare(
  'text of nodes',
  'js-yaml',
  () => documents.forEach(node => void encodeYaml(node)),
  () => values.forEach(value => void yaml.dump(value)),
)
compare(
  'text of values',
  'js-yaml',
  () => values.forEach(value => void toYaml(value)),
  () => values.forEach(value => void yaml.dump(value)),
)
