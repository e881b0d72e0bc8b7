import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import type { StrategyContext } from '../../kind.ts'
import { forbidden } from '../../status.ts'
import { asJson, asKube, at, eachItem, objectAt, objectsAt, textAt, withAt, withField } from '../schema/value.ts'

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * What the API server's admission plugins do to a new pod: service account and its token volume, priority, the tolerations
 * for nodes that go away. Throws `Forbidden` where the service account or priority class does not exist.
 */
export function admitPod(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): KubeObject {
  if (old !== undefined) return object
  let pod = asJson(object)
  pod = withAt(pod, ['spec'], withPriority(objectAt(pod, 'spec'), pod, context))
  if (at(object.metadata, 'annotations', 'kubernetes.io/config.mirror') === undefined)
    pod = withAt(pod, ['spec'], withServiceAccount(objectAt(pod, 'spec'), pod, context))
  return asKube(withAt(pod, ['spec'], withTolerations(objectAt(pod, 'spec'))))
}

/** The server refuses a pod before it makes up the end of its name. */
function shownName(pod: JsonObject): string {
  return textAt(pod, 'metadata', 'name') || textAt(pod, 'metadata', 'generateName')
}

const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

function withPriority(spec: JsonObject, pod: JsonObject, context: StrategyContext): JsonObject {
  const name = textAt(spec, 'priorityClassName')
  const system = systemPriorities[name]
  if (system !== undefined) return { preemptionPolicy: 'PreemptLowerPriority', ...spec, priority: system }
  const classes = context.reader.list('scheduling.k8s.io/priorityclasses')
  const found =
    name === ''
      ? classes.find(one => at(one, 'globalDefault') === true)
      : context.reader.get('scheduling.k8s.io/priorityclasses', '', name)
  if (found === undefined && name !== '')
    throw forbidden({ group: '', resource: 'pods' }, shownName(pod), `no PriorityClass with name ${name} was found`)
  return {
    ...spec,
    ...(found === undefined ? {} : { priorityClassName: found.metadata.name }),
    priority: at(found, 'value') ?? 0,
    preemptionPolicy: at(found, 'preemptionPolicy') ?? 'PreemptLowerPriority',
  }
}

function withServiceAccount(given: JsonObject, pod: JsonObject, context: StrategyContext): JsonObject {
  const name = textAt(given, 'serviceAccountName') || textAt(given, 'serviceAccount') || 'default'
  const namespace = textAt(pod, 'metadata', 'namespace')
  const account = context.reader.get('/serviceaccounts', namespace, name)
  if (account === undefined)
    throw forbidden(
      { group: '', resource: 'pods' },
      shownName(pod),
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    )
  let spec: JsonObject = { ...given, serviceAccountName: name, serviceAccount: name }
  const secrets = objectsAt(account, 'imagePullSecrets')
  if (objectsAt(spec, 'imagePullSecrets').length === 0 && secrets.length > 0)
    spec = { ...spec, imagePullSecrets: secrets }
  const automount = at(spec, 'automountServiceAccountToken') ?? at(account, 'automountServiceAccountToken')
  return automount === false ? spec : withToken(spec, context)
}

/** Adds the projected token volume and mounts it wherever a container has none at its path. */
function withToken(spec: JsonObject, context: StrategyContext): JsonObject {
  const mounted = (container: JsonObject) =>
    objectsAt(container, 'volumeMounts').some(mount => textAt(mount, 'mountPath') === tokenPath)
  const wanted = ['containers', 'initContainers'].some(list => objectsAt(spec, list).some(one => !mounted(one)))
  if (!wanted) return spec
  const present = objectsAt(spec, 'volumes').find(volume => textAt(volume, 'name').startsWith('kube-api-access-'))
  const name = present === undefined ? `kube-api-access-${context.random(5)}` : textAt(present, 'name')
  let result = spec
  for (const list of ['containers', 'initContainers'])
    result = withField(result, list, containers =>
      eachItem(containers, container =>
        mounted(container)
          ? container
          : {
              ...container,
              volumeMounts: [...objectsAt(container, 'volumeMounts'), { name, readOnly: true, mountPath: tokenPath }],
            },
      ),
    )
  if (present !== undefined) return result
  return { ...result, volumes: [...objectsAt(result, 'volumes'), tokenVolume(name)] }
}

function tokenVolume(name: string): JsonObject {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  }
}

const lostNodes = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const

function withTolerations(spec: JsonObject): JsonObject {
  const tolerations = objectsAt(spec, 'tolerations')
  const missing = lostNodes.filter(
    key =>
      !tolerations.some(one => {
        const effect = textAt(one, 'effect')
        const own = textAt(one, 'key')
        return (own === key || own === '') && (effect === 'NoExecute' || effect === '')
      }),
  )
  if (missing.length === 0) return spec
  return {
    ...spec,
    tolerations: [
      ...tolerations,
      ...missing.map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
    ],
  }
}
