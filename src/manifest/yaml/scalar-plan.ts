import type { NodeStyle, YamlNode } from './node.ts'
import { resolvePlain } from './resolve.ts'
import { analyzeScalar, type ScalarAnalysis } from './scalar-analysis.ts'

/** How one scalar is going to be written. */
export interface ScalarPlan {
  readonly tag: string
  readonly style: NodeStyle
  readonly analysis: ScalarAnalysis
}

/** The tag that must be written: one that the text names itself, or one that reading would not find. */
export function tagOf(node: YamlNode): string {
  const { tag } = node
  if (tag === '' || node.tagged) return tag
  return tag === (node.kind === 'mapping' ? '!!map' : '!!seq') ? '' : tag
}

export function planScalar(node: YamlNode): ScalarPlan {
  const { value } = node
  let { tag, style } = node
  if (style === 'block' || style === 'flow') style = 'plain'
  let forceQuotes = false
  if (tag !== '' && !node.tagged) {
    if (tag === '!!str' && style !== 'plain') tag = ''
    else {
      const found = value === '<<' ? '!!str' : resolvePlain(value, 'kustomize').tag
      forceQuotes = found !== tag && tag === '!!str'
      if (found === tag || forceQuotes) tag = ''
    }
  }
  if (style === 'plain') {
    if (value.includes('\n')) style = 'literal'
    else if (forceQuotes) style = 'double'
  }
  return { tag, style, analysis: analyzeScalar(value) }
}

/** Changes a style that cannot hold the text, or not in this place. */
export function selectStyle(plan: ScalarPlan, empty: boolean, inFlow: boolean, simpleKey: boolean): NodeStyle {
  const { analysis } = plan
  let { style } = plan
  if (simpleKey && analysis.multiline) style = 'double'
  if (style === 'plain') {
    if (!(inFlow ? analysis.flowPlain : analysis.blockPlain)) style = 'single'
    if (empty && (inFlow || simpleKey)) style = 'single'
  }
  if (style === 'single' && !analysis.single) style = 'double'
  if ((style === 'literal' || style === 'folded') && (!analysis.block || inFlow || simpleKey)) style = 'double'
  return style
}

export function isSimple(key: YamlNode, { tag, analysis }: ScalarPlan): boolean {
  if (analysis.multiline) return false
  const length = key.value.length + key.anchor.length + tag.length
  return length <= 42 || Buffer.byteLength(key.value) + key.anchor.length + tag.length <= 128
}

/** Percent-encodes what may not stand in a tag; `!` is among it. */
export function escapeTag(suffix: string): string {
  return suffix.replace(/[^A-Za-z0-9_;/?:@&=+$,.~*'()[\]-]/gu, char =>
    Array.from(new TextEncoder().encode(char), octet => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  )
}
