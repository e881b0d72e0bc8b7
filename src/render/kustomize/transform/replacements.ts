import { goQuote } from '../../../manifest/go-text.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { splitFieldPath } from '../field-path.ts'
import type { FieldOptions, Replacement, ReplacementSource, ReplacementTarget } from '../kustomization-fields.ts'
import { spendSteps, spendText } from '../meter.ts'
import { become, copyNode, elementsOf, expectKind, isEmpty, lookup, scalar, textIn } from '../node.ts'
import { matchPath } from '../path-match.ts'
import { fail, prefixed } from '../problem.ts'
import { currentId, lookAt, previousIds, type Resource } from '../resource.ts'
import { formatId, isSelectedBy, type ResourceId } from '../resource-id.ts'
import { idsChanged, type ResourceList } from '../resource-list.ts'
import { type CompiledSelector, compileSelector, matchesId, matchesLabels } from '../selector.ts'
import { editStructuredText } from '../structured-text.ts'

/** Copies values from fields of one object to fields of others. */
export function replace(list: ResourceList, replacements: readonly Replacement[]): void {
  for (const replacement of replacements) {
    const { source, sourceValue, targets } = replacement
    if ((source === undefined && sourceValue === undefined) || targets === undefined)
      fail('replacements must specify a source and at least one target', { code: 'replacement-incomplete' })
    const value = sourceNode(list.items, source, sourceValue)
    for (const target of targets) applyTo(list.items, value, target)
  }
  idsChanged(list)
}

function sourceNode(
  items: readonly Resource[],
  source: ReplacementSource | undefined,
  sourceValue: string | undefined,
): YamlNode {
  if (sourceValue !== undefined) {
    if (source !== undefined)
      fail('value and resource selectors are mutually exclusive', { code: 'replacement-incomplete' })
    return scalar(sourceValue)
  }
  if (source === undefined) return fail('replacements must specify a source and at least one target')
  const object = selectSource(items, source)
  const fieldPath = source.fieldPath === '' ? 'metadata.name' : source.fieldPath
  const node = prefixed('error looking up replacement source', () => lookup(object, splitFieldPath(fieldPath)))
  if (node === undefined || isEmpty(node))
    fail(`fieldPath \`${fieldPath}\` is missing for replacement source ${formatId(source)}`, {
      code: 'replacement-field-missing',
      position: object.line > 0 ? object : undefined,
    })
  return part(node, source.options)
}

function allIds(node: YamlNode): ResourceId[] {
  return [currentId(node), ...previousIds(node)]
}

function selectSource(items: readonly Resource[], source: ReplacementSource): YamlNode {
  spendSteps(items.length)
  const found = items.filter(item => allIds(lookAt(item)).some(id => isSelectedBy(id, source)))
  const [first] = found
  if (first === undefined)
    return fail(`nothing selected by ${formatSource(source)}`, {
      code: 'replacement-source-missing',
      derived: true,
      hint: 'check kind and name of the source',
    })
  if (found.length > 1)
    fail(`multiple matches for selector ${formatSource(source)}`, {
      code: 'replacement-source-ambiguous',
      hint: 'give the source a namespace, a group or a version',
    })
  return lookAt(first)
}

function formatSource(source: ReplacementSource): string {
  const parts = [formatId(source)]
  if (source.fieldPath !== '') parts.push(source.fieldPath)
  const { options } = source
  if (options !== undefined && (options.delimiter !== '' || options.create))
    parts.push(`${options.delimiter}(${options.index}), create=${options.create}`)
  return parts.join(':')
}

function part(node: YamlNode, options: FieldOptions | undefined): YamlNode {
  if (options === undefined || options.delimiter === '') return node
  if (node.kind !== 'scalar') fail('delimiter option can only be used with scalar nodes', { code: 'wrong-node-kind' })
  const parts = textIn(node).split(options.delimiter)
  const chosen = options.index < 0 ? undefined : parts[options.index]
  if (chosen === undefined)
    fail(`options.index ${options.index} is out of bounds for value ${textIn(node)}`, {
      code: 'replacement-index',
      position: node.line > 0 ? node : undefined,
      hint: `the value has ${parts.length} parts`,
    })
  return { ...copyNode(node), value: chosen }
}

function applyTo(items: readonly Resource[], value: YamlNode, target: ReplacementTarget): void {
  const { select } = target
  if (select === undefined) fail('target must specify resources to select', { code: 'replacement-incomplete' })
  const fieldPaths =
    target.fieldPaths === undefined || target.fieldPaths.length === 0 ? ['metadata.name'] : target.fieldPaths
  const [selected, rejected] = prefixed('error creating target selector', () => [
    compileSelector(select),
    (target.reject ?? []).map(compileSelector),
  ])
  for (const item of items) {
    spendSteps()
    const node = lookAt(item)
    const ids = allIds(node)
    const isRejected = (reject: CompiledSelector): boolean => {
      const { selector } = reject
      const byLabel = selector.labelSelector !== '' || selector.annotationSelector !== ''
      if (byLabel && matchesLabels(node, selector)) return true
      return !isBlank(selector) && ids.some(id => matchesId(reject, id))
    }
    if (!matchesLabels(node, select) || rejected.some(isRejected)) continue
    if (ids.some(id => matchesId(selected, id)))
      for (const fieldPath of fieldPaths) copyTo(item.node, value, fieldPath, target.options)
  }
}

function isBlank(id: ResourceId): boolean {
  return id.group === '' && id.version === '' && id.kind === '' && id.name === '' && id.namespace === ''
}

function copyTo(object: YamlNode, value: YamlNode, fieldPath: string, options: FieldOptions | undefined): void {
  const create = options?.create === true ? value.kind : undefined
  const path = splitFieldPath(fieldPath)
  const set = (field: YamlNode): void => setValue(field, value, options)
  if (editStructuredText(object, path, create, set)) return
  const missing = (): string =>
    create === undefined
      ? `unable to find field ${goQuote(fieldPath)} in replacement target`
      : `unable to find or create field ${goQuote(fieldPath)} in replacement target`
  const fields = prefixed(missing, () => {
    const found = matchPath(object, path, create)
    expectKind(found, 'sequence')
    return elementsOf(found)
  })
  if (fields.length === 0)
    fail(missing(), {
      code: 'replacement-target-missing',
      position: object.line > 0 ? object : undefined,
      hint: 'set options.create, or correct the path',
    })
  for (const field of fields) set(field)
}

function setValue(field: YamlNode, source: YamlNode, options: FieldOptions | undefined): void {
  const value = copyNode(source)
  if (options !== undefined && options.delimiter !== '') {
    if (field.kind !== 'scalar')
      fail('delimiter option can only be used with scalar nodes', { code: 'wrong-node-kind' })
    const parts = field.value.split(options.delimiter)
    if (options.index < 0) parts.unshift(textIn(value))
    else if (options.index >= parts.length) parts.push(textIn(value))
    else parts[options.index] = textIn(value)
    spendText(field.value.length + value.value.length)
    value.value = parts.join(options.delimiter)
  }
  if (field.kind === 'scalar') field.value = value.value
  else become(field, value)
}
