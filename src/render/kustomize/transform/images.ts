import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { editFields, type FieldSpec } from '../field-spec.ts'
import type { Image } from '../kustomization-fields.ts'
import { expectKind, get, scalar, setScalar } from '../node.ts'
import { Problem } from '../problem.ts'
import { compile, type Pattern } from '../regex.ts'
import { kindOf } from '../resource.ts'
import type { ResourceList } from '../resource-list.ts'
import { edit, editKey } from '../shared-resource.ts'

/** Changes name, tag or digest of an image everywhere: in all lists named containers or initContainers, and at the specs. */
export function setImage(list: ResourceList, image: Image, specs: readonly FieldSpec[]): void {
  const isMeant = imagePattern(image.name)
  const update = (node: YamlNode): void => updateImage(node, image, isMeant)
  const hasImages = (node: YamlNode): boolean => kindOf(node) !== 'CustomResourceDefinition'
  const inContainers = editKey('image in containers', image)
  for (const item of list.items) edit(item, inContainers, ({ node }) => visitContainers(node, update), hasImages)
  const inFields = editKey('image in fields', image, specs)
  for (const item of list.items) edit(item, inFields, ({ node }) => editFields(node, specs, { set: update }), hasImages)
}

const tagAndDigest = '(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$'

/** Names without anything that is more than text in a pattern, but for the dot. */
const plainName = /^[A-Za-z0-9_/:@.-]*$/

/** The image's name is a pattern; one that is broken matches nothing. */
function imagePattern(name: string): Pattern {
  if (plainName.test(name)) {
    const pattern = new RegExp(`^${name}${tagAndDigest}`)
    return { matches: text => pattern.test(text) }
  }
  try {
    return compile(`^${name}${tagAndDigest}`)
  } catch (error) {
    if (error instanceof Problem) return { matches: () => false }
    throw error
  }
}

function visitContainers(node: YamlNode, update: (image: YamlNode) => void): void {
  if (node.kind === 'sequence') {
    for (const item of node.content) visitContainers(item, update)
    return
  }
  if (node.kind !== 'mapping') return
  for (let i = 0; i < node.content.length; i += 2) {
    const key = node.content[i]?.value ?? ''
    const value = node.content[i + 1] as YamlNode
    visitContainers(value, update)
    if ((key === 'containers' || key === 'initContainers') && value.kind === 'sequence') {
      for (const container of value.content) {
        const image = get(container, 'image')
        if (image !== undefined) update(image)
      }
    }
  }
}

function updateImage(node: YamlNode, image: Image, isMeant: Pattern): void {
  expectKind(node, 'scalar')
  if (!isMeant.matches(node.value)) return
  const parts = splitImage(node.value)
  const name = image.newName === '' ? parts.name : image.newName
  let { tag, digest } = parts
  if (image.newTag !== '' || image.digest !== '') {
    tag = image.newTag
    digest = image.digest
  } else if (image.tagSuffix !== '') {
    tag += image.tagSuffix
    digest = ''
  }
  setScalar(node, scalar(`${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`))
}

interface ImageParts {
  readonly name: string
  readonly tag: string
  readonly digest: string
}

/** Splits an image reference; a port in the registry's name is no tag. */
export function splitImage(image: string): ImageParts {
  const slash = image.indexOf('/')
  const from = Math.max(slash, 0)
  const at = image.indexOf('@', from)
  const colon = image.indexOf(':', from)
  if (at < 0 && colon < 0) return { name: image, tag: '', digest: '' }
  if (at >= 0 && (at < colon || colon < 0)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) }
  if (at < 0) return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: '' }
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) }
}
