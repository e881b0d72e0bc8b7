import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import type { JsonValue } from '../../../src/manifest/json.ts'
import type { WebhookAnswer } from '../../support/admission-webhook.ts'

/** What happens one after the other in a namespace of its own. */
export interface ConformanceCase {
  readonly name: string
  readonly file: string
  /** Needs controllers (garbage collection, namespaces, workloads); skipped on servers that run none. */
  readonly controllers: boolean
  /**
   * Admission webhooks that listen while the case runs, each an AdmissionReview's response by the path on which it is given.
   * `${webhook}` is where they are, `${authority}` their CA bundle.
   */
  readonly webhooks?: Readonly<Record<string, WebhookAnswer>>
  readonly steps: readonly Step[]
}

/**
 * One request or one command. `$ns` is the case's namespace, `${name}` what an earlier step saved. `until` repeats a GET
 * until the answer contains these fields; then only they are compared.
 */
export type Step = { readonly save?: Readonly<Record<string, string>> } & (
  | {
      /** `POST /api/v1/namespaces/$ns/configmaps`. */
      readonly request: string
      readonly body?: JsonValue
      /** A body that is sent as it stands. */
      readonly raw?: string
      readonly type?: string
      readonly accept?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly until?: JsonValue
      /** Repeats the request until the webhook with this path has been asked; nothing is compared. */
      readonly awaited?: string
      /** Compare these parts of the answer only. */
      readonly only?: readonly string[]
    }
  | { readonly kubectl: string; readonly stdin?: string }
  /** What the webhook with this path was sent since the last such step, with these parts of each request. */
  | { readonly asked: string; readonly only: readonly string[] }
)

export const casesFolder: string = join(import.meta.dirname, 'cases')

/** All cases, in the order of their files. */
export function readCases(folder: string = casesFolder): readonly ConformanceCase[] {
  return readdirSync(folder)
    .filter(file => file.endsWith('.yaml') && !file.endsWith('.answers.yaml'))
    .toSorted()
    .flatMap(file => {
      const cases = load(readFileSync(join(folder, file), 'utf8')) as Omit<ConformanceCase, 'file'>[]
      return cases.map(each => ({ ...each, controllers: each.controllers ?? false, file }))
    })
}

/** What a server said to a step, with everything masked that differs from run to run. */
export type Recorded =
  | { readonly status: number; readonly body?: JsonValue; readonly warnings?: readonly string[] }
  | { readonly exit: number; readonly stdout: string; readonly stderr: string }

/** By case, then by step. */
export type Answers = Readonly<Record<string, readonly Recorded[]>>

export function answersFile(file: string, folder: string = casesFolder): string {
  return join(folder, file.replace(/\.yaml$/, '.answers.yaml'))
}

export function readAnswers(file: string, folder?: string): Answers {
  try {
    return (load(readFileSync(answersFile(file, folder), 'utf8')) as Answers | null) ?? {}
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
