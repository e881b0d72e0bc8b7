import type { YamlNode } from '../../manifest/yaml/node.ts'
import { spendSteps } from './meter.ts'
import {
  elementsOf,
  fieldOf,
  get,
  isListIndex,
  kindForNext,
  makeNode,
  mapping,
  scalar,
  sequence,
  setField,
  splitIndex,
} from './node.ts'
import { fail } from './problem.ts'
import { compile } from './regex.ts'
import { nodeText, parseText } from './yaml-text.ts'

/**
 * The nodes at a path that may have several ends: `*` stands for every item, `[name=pattern]` for the items whose field
 * matches. With `create`, what is missing is made. The result is a list whose items are the nodes themselves.
 */
export function matchPath(
  node: YamlNode | undefined,
  path: readonly string[],
  create: YamlNode['kind'] | undefined,
): YamlNode | undefined {
  spendSteps()
  const [part, ...rest] = path
  if (part === undefined) return node === undefined ? undefined : sequence([node])
  if (/^\+?\d+$/.test(part)) return matchIndex(node, Number(part), rest, create)
  if (isListIndex(part)) return matchItems(node, part, rest, create, false)
  if (part === '*') return collect(elementsOf(node).map(item => matchPath(item, rest, create)))
  return matchField(node, part, rest, create)
}

function collect(found: readonly (YamlNode | undefined)[]): YamlNode | undefined {
  const nodes = found.filter(node => node !== undefined)
  return nodes.length === 0 ? undefined : sequence(nodes.flatMap(node => node.content))
}

function matchIndex(
  node: YamlNode | undefined,
  index: number,
  rest: readonly string[],
  create: YamlNode['kind'] | undefined,
): YamlNode | undefined {
  const items = elementsOf(node)
  if (items.length === index && create !== undefined && node !== undefined)
    node.content.push(makeNode(kindForNext(rest[0] ?? '', create)))
  const item = elementsOf(node)[index]
  if (item === undefined)
    return fail(`index ${index} specified but only ${items.length} elements found`, { code: 'replacement-index' })
  return matchPath(item, rest, create)
}

function matchItems(
  node: YamlNode | undefined,
  part: string,
  rest: readonly string[],
  create: YamlNode['kind'] | undefined,
  isRetry: boolean,
): YamlNode | undefined {
  const [field, pattern] = splitIndex(part)
  const items = elementsOf(node)
  let found: YamlNode | undefined
  if (items.length > 0) {
    const regex = compile(pattern)
    found =
      field === ''
        ? collect(items.filter(item => regex.matches(nodeText(item).trim())).map(item => sequence([item])))
        : collect(
            items.map(item => {
              const value = fieldOf(item, field)
              return value !== undefined && regex.matches(nodeText(value).trim())
                ? matchPath(item, rest, create)
                : undefined
            }),
          )
  }
  if (found !== undefined && found.content.length === 0) found = undefined
  if (found !== undefined || create === undefined || node === undefined || isRetry) return found
  node.content.push(field === '' ? scalar(pattern) : mapping([scalar(field), scalar(pattern)]))
  return matchItems(node, part, rest, create, true)
}

function matchField(
  node: YamlNode | undefined,
  part: string,
  rest: readonly string[],
  create: YamlNode['kind'] | undefined,
): YamlNode | undefined {
  let field = get(node, part)
  if (field === undefined) {
    if (create === undefined || node === undefined) return undefined
    field = makeNode(kindForNext(rest[0] ?? '', create))
    setField(node, part, field)
  }
  // A path that goes on inside of text reads the text; what is found there is not connected to the object.
  if (field.kind === 'scalar' && rest.length > 0) return matchPath(parseText(field.value), rest, create)
  return matchPath(field, rest, create)
}
