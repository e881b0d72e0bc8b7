import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller } from '../controller.ts'

/** The nodes that the sandbox pretends to have. */
export const nodeNames: readonly string[] = ['sandbox-1', 'sandbox-2']

const amounts = { cpu: '64', 'ephemeral-storage': '1Ti', memory: '256Gi', pods: '5k' }

/** The address of a node: 192.168.1.(10 + its number). */
export function nodeAddress(name: string): string {
  return `192.168.1.${10 + nodeNames.indexOf(name) + 1}`
}

/** Registers the nodes, ready from the start. */
export const nodeController: Controller = ({ client, clock }) => {
  const kubelet = client.as('kubelet')
  const now = timestamp(clock.now())
  nodeNames.forEach((name, index) => {
    if (client.get('/nodes', '', name) !== undefined) return
    const made = kubelet.create('/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'beta.kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
        },
        annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      },
      spec: { podCIDR: `10.244.${index + 1}.0/24`, podCIDRs: [`10.244.${index + 1}.0/24`] },
    } as unknown as KubeObject)
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    })
    // The node is ready at once, so that it loses the taint of new nodes at once.
    const { taints: _taints, ...spec } = (made['spec'] ?? {}) as JsonObject
    const untainted = kubelet.update('/nodes', { ...made, spec } as KubeObject)
    kubelet.update(
      '/nodes',
      {
        ...untainted,
        status: {
          capacity: amounts,
          allocatable: amounts,
          addresses: [
            { type: 'InternalIP', address: nodeAddress(name) },
            { type: 'Hostname', address: name },
          ],
          conditions: [
            condition(
              'MemoryPressure',
              'False',
              'KubeletHasSufficientMemory',
              'kubelet has sufficient memory available',
            ),
            condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
            condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
            condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
          ],
          nodeInfo: {
            architecture: 'amd64',
            bootID: '',
            containerRuntimeVersion: 'sandbox://1',
            kernelVersion: 'simulated',
            kubeProxyVersion: '',
            kubeletVersion: 'v1.34.4',
            machineID: '',
            operatingSystem: 'linux',
            osImage: 'Lockstep Sandbox',
            systemUUID: '',
          },
          daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
        },
      },
      { subresource: 'status' },
    )
  })
  return () => {}
}
