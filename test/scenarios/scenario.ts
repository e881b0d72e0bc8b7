import { readFileSync } from 'node:fs'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { decodeNode } from '../../src/manifest/yaml/decode.ts'
import { parseYaml } from '../../src/manifest/yaml/parse.ts'
import type { WebhookAnswer } from '../support/admission-webhook.ts'
import type { SourceStep } from './source-steps.ts'

/**
 * One thing that happens or is expected. Each step has exactly one of these fields.
 *
 * Texts may hold `$(namespace)`, `$(url:NAME)` for the address of a repository, and `$(commit:LABEL)` for a commit that a
 * `commit` step labelled, `$(kubeconfig)` for the cluster in base64, `$(server)` and `$(ca)` for its address and (quoted) CA,
 * `$(text:LENGTH)` for a long one, `$(in:1h)` for a time to come; `SourceStep` has more of these. Objects without a namespace
 * are in the scenario's own.
 */
export interface Step extends SourceStep {
  /** Commits to a repository (`repo` by default), which is made when it is first named, and tells the engine. */
  readonly commit?: {
    readonly repo?: string
    readonly branch?: string
    readonly message?: string
    readonly label?: string
    /** Text, or null to remove; `{symlink}`, `{executable}` and `{submodule}` for what a text cannot say. */
    readonly files?: Readonly<
      Record<string, string | null | { symlink: string } | { executable: string } | { submodule: string }>
    >
    /** Makes this many files: `{path: 'app/cm-%d.yaml', count: 50, text: '… %d …'}`. */
    readonly generate?: { readonly path: string; readonly count: number; readonly text: string }
    /** Continue from this commit instead of the branch: a force-push. */
    readonly from?: string
    /** Do not tell the engine; it has to find out by itself. */
    readonly silent?: boolean
  }
  /** Git in the bare repository, a line each: `tag v1.0.0 $(commit:a)`, `branch -D main`. */
  readonly git?: { readonly repo?: string; readonly run: string; readonly silent?: boolean }
  /** An empty repository. */
  readonly repository?: string
  /** The Git host: down, up, a status for every request, credentials that it wants, or no answer at all. */
  readonly host?:
    | 'down'
    | 'up'
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
    | { readonly authorization: string }
    | { readonly hangs: true }
  /** Creates or changes objects as a user does with `kubectl apply --server-side`; a YAML text. */
  readonly apply?: string
  /** Tries to apply an object as a user, without doing it, until the API server refuses it. */
  readonly refused?: string
  /**
   * An HTTPS server of admission webhooks, each by its path; `$(webhook:PATH)` is its address and `$(webhook-authority)`
   * what is its `caBundle`. Both are there for the rest of the scenario.
   */
  readonly webhooks?: Readonly<Record<string, WebhookAnswer>>
  /** Changes an object as a user does with `kubectl patch --type merge`. */
  readonly patch?: JsonObject
  readonly delete?: JsonObject
  /** Who applies, patches or deletes in this step; an administrator of another name than the engine's where no groups are given. */
  readonly as?: { readonly user: string; readonly groups?: readonly string[] }
  /** The API server refuses what this step applies, patches or deletes, with a message like this one. */
  readonly denied?: string
  /** It warns about it, but does it. */
  readonly warned?: string
  /** The subresource that is patched. */
  readonly subresource?: string
  /** Tries this step's patch, apply or deletion without doing it until the API server takes it. */
  readonly eventually?: true
  /** Waits until every one of these (partial) objects is as written. */
  readonly until?: readonly JsonObject[]
  /** Lets the engine finish what it is doing; then every one of these has to be as written. */
  readonly settled?: readonly JsonObject[]
  /** Waits until none of these exists. */
  readonly gone?: readonly JsonObject[]
  /** Waits until an object has no condition of this type. */
  readonly without?: { readonly condition: string; readonly of: JsonObject }
  /** Waits until there are events like these. */
  readonly events?: readonly JsonObject[]
  /** Kills the engine right after so many more writes to the API, whatever it is doing then. */
  readonly killAfter?: number
  /** Waits for this state; starts the engine again should it be killed on the way. */
  readonly survives?: { readonly until?: readonly JsonObject[]; readonly gone?: readonly JsonObject[] }
  /** Ends the engine without warning, or starts it again. */
  readonly engine?: 'kill' | 'start' | 'restart'
  /** Lets this many seconds pass on the engine's clock at once. */
  readonly pass?: number
  /** No request but these was made to the API since the last such step: `verb resource`, with `*` for all of one. */
  readonly requests?: readonly string[]
}

/** What happens before every scenario of a file: its first document, where that has no name. */
interface Preface {
  readonly before: readonly Step[]
}

export interface Scenario {
  readonly name: string
  /** Why this is expected, where it is not obvious. */
  readonly about?: string
  /** Why the embedded cluster or the real one cannot run it. */
  readonly skip?: { readonly embedded?: string; readonly real?: string }
  readonly steps: readonly Step[]
}

function isPreface(value: Scenario | Preface): value is Preface {
  return 'before' in value
}

/** Reads the scenarios of a file: a YAML document each. Throws where the file is broken. */
export function readScenarios(file: string): readonly Scenario[] {
  const { documents, diagnostics } = parseYaml(readFileSync(file), { file })
  const decoded = documents.map(document => decodeNode(document, 'kubectl'))
  const problems = [...diagnostics, ...decoded.flatMap(each => each.diagnostics)]
  if (problems.length > 0)
    throw new Error(problems.map(each => `${file}:${each.position?.line}: ${each.message}`).join('\n'))
  const values = decoded.map(({ value }) => value as unknown as Scenario | Preface)
  const before = values.filter(isPreface).flatMap(each => each.before)
  return values.flatMap(each => (isPreface(each) ? [] : [{ ...each, steps: [...before, ...each.steps] }]))
}

/** Puts the values of a scenario's placeholders into every text of a value. */
export function fillIn<T>(value: T, lookUp: (name: string) => string): T {
  if (typeof value === 'string')
    return value.replace(/\$\(([a-z-]+(?::[^)]+)?)\)/g, (_, name: string) => lookUp(name)) as T
  if (Array.isArray(value)) return value.map(item => fillIn(item, lookUp)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Record<string, JsonValue>)
  return Object.fromEntries(entries.map(([key, item]) => [key, fillIn(item, lookUp)])) as T
}
