/**
 * The tree of a YAML text as yaml.v3 sees it: every scalar with its style, comments attached to the nodes they belong to,
 * anchors and aliases kept. Nodes are mutable because kustomize's transformers work on them in place; whoever shares a
 * tree copies it first (`cloneNode`).
 */
export type NodeKind = 'document' | 'mapping' | 'sequence' | 'scalar' | 'alias'

/** How the node is written. `plain` and `block` are the defaults of scalars and of collections. */
export type NodeStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'block' | 'flow'

export interface YamlNode {
  kind: NodeKind
  style: NodeStyle
  /** Short form (`!!str`, `!!map`, `!custom`). Resolved by the dialect for plain scalars. */
  tag: string
  /** True when the text names the tag itself, so that it is written out again. */
  tagged: boolean
  /** Text of a scalar after unescaping and folding, name of an alias; empty for collections. */
  value: string
  anchor: string
  /** Target of an alias. */
  target: YamlNode | undefined
  /** Document: one node. Mapping: key, value, key, value, … Sequence: items. */
  content: YamlNode[]
  /** Comment lines above, behind and below, with their `#`, as yaml.v3 attaches them. */
  headComment: string
  lineComment: string
  footComment: string
  /** Where the node starts, from 1; 0 for a node that no text gave. */
  line: number
  column: number
  /** The file the node came from, shared by all nodes of one text. */
  file: string
}

/** A node with nothing in it yet, of which the text is at this place. */
export function blankNode(kind: NodeKind, file: string, line: number, column: number): YamlNode {
  return {
    kind,
    style: kind === 'scalar' ? 'plain' : 'block',
    tag: '',
    tagged: false,
    value: '',
    anchor: '',
    target: undefined,
    content: [],
    headComment: '',
    lineComment: '',
    footComment: '',
    line,
    column,
    file,
  }
}
