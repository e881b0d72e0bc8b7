import type { Diagnostic, Position } from './diagnostic.ts'
import type { KubeObject } from './object.ts'
import type { ReadSet, Tree } from './tree.ts'

/** One link in the chain of what set a field: the file's own text, or a patch or transformer that changed it later. */
export interface ProvenanceStep {
  readonly by: string
  readonly position?: Position
}

/** An object with the place where its manifest stands. */
export interface Sourced {
  readonly object: KubeObject
  readonly origin?: Position
  /** The chain that led to the field's value, first to last. `pointer` is a JSON pointer; the empty string is the object. */
  readonly explain?: (pointer: string) => readonly ProvenanceStep[]
}

/**
 * What rendering gives: objects in order of application, what was read, and every problem found. With an error among the
 * diagnostics the objects are not to be applied. `digest` is `sha256:<hex>` of all objects as YAML.
 */
export interface Rendered {
  readonly objects: readonly Sourced[]
  readonly diagnostics: readonly Diagnostic[]
  readonly reads: ReadSet
  readonly digest: string
}

/**
 * One way to get objects from a tree. `load` touches the world: it reads every file the request reaches, and keeps
 * problems (missing files, broken YAML) as diagnostics instead of throwing. `render` is pure.
 */
export interface Renderer<Request, Loaded extends { readonly reads: ReadSet }> {
  load(tree: Tree, request: Request): Promise<Loaded>
  render(loaded: Loaded): Rendered
}
