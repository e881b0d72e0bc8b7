import type { KubeObject } from '../../manifest/object.ts'
import { labelsAt } from '../kinds/schema/value.ts'

/** The annotation of a pod (or pod template) that makes it fail on purpose. */
export const faultAnnotation = 'sandbox.lockstep.dev/fault'

/**
 * What goes wrong with a container: its image cannot be pulled, it ends with an error again and again, it never gets ready,
 * it is ready only after some time, or it stays Pending without a word.
 */
export type Fault =
  | { readonly kind: 'image-pull' }
  | { readonly kind: 'crash-loop' }
  | { readonly kind: 'never-ready' }
  | { readonly kind: 'slow-start'; readonly milliseconds: number }
  | { readonly kind: 'pending' }

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/**
 * The fault that a pod's annotation (`image-pull`, `crash-loop`, `never-ready`, `slow-start=30s`, `pending`) or an image's
 * tag (`cannot-pull`, `never` stays pending, `fail` ends with an error) asks for; undefined where all is to be well.
 */
export function faultOf(pod: KubeObject, image: string): Fault | undefined {
  return annotated(labelsAt(pod, 'metadata', 'annotations')[faultAnnotation]) ?? tagged(image)
}

function annotated(text: string | undefined): Fault | undefined {
  const [kind, value = ''] = (text ?? '').split('=')
  if (kind === 'image-pull' || kind === 'crash-loop' || kind === 'never-ready' || kind === 'pending') return { kind }
  if (kind !== 'slow-start') return undefined
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(value)
  return { kind, milliseconds: match === null ? 30_000 : Number(match[1]) * units[match[2] ?? 's']! }
}

function tagged(image: string): Fault | undefined {
  const name = image.slice(image.lastIndexOf('/') + 1)
  switch (name.slice(name.indexOf(':') + 1)) {
    case 'cannot-pull':
      return { kind: 'image-pull' }
    case 'never':
      return { kind: 'pending' }
    case 'fail':
      return { kind: 'crash-loop' }
    default:
      return undefined
  }
}
