import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../../../src/manifest/json.ts'
import { type Edit, type SequenceKind, sequenceKinds } from './kinds.ts'
import { type Random, randomFrom } from './random.ts'

/** One write. `edits` are made to the object as the server has it just before; where it has none, the step is skipped. */
export type Step = { readonly kind: SequenceKind; readonly name: string; readonly manager: string } & (
  | { readonly verb: 'create'; readonly body: JsonObject }
  | { readonly verb: 'update'; readonly edits: readonly Edit[] }
  | { readonly verb: 'apply'; readonly body: JsonObject; readonly force: boolean; readonly subresource?: 'status' }
  | { readonly verb: 'patch'; readonly type: 'json' | 'merge' | 'strategic'; readonly body: JsonValue }
  | { readonly verb: 'delete' }
)

const managers = ['alice', 'bob', 'carol', 'kubectl'] as const

/** The steps of a seed: a few objects of one kind, written by several managers. */
export function sequenceOf(seed: number, length = 12, kinds: readonly SequenceKind[] = sequenceKinds): readonly Step[] {
  const random = randomFrom(seed)
  const kind = random.pick(kinds)
  const names = [`s${seed}-0`, `s${seed}-1`]
  return Array.from({ length }, (_, i) => stepOf(random, kind, i < 2 ? (names[0] ?? '') : random.pick(names), i))
}

function stepOf(random: Random, kind: SequenceKind, name: string, index: number): Step {
  const base = { kind, name, manager: random.pick(managers) }
  const body = (whole: boolean) => {
    const { metadata, ...content } = kind.content(random, whole)
    return {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name, ...(isObject(metadata) ? metadata : {}) },
      ...content,
    }
  }
  const dice = random.below(20)
  if (index === 0 && dice < 8) return { ...base, verb: 'create', body: body(true) }
  if (dice < 10) return { ...base, verb: 'apply', body: body(random.chance(0.8)), force: random.chance(0.5) }
  if (dice < 13) return { ...base, verb: 'update', edits: random.some(kind.edits(random), 1).slice(0, 3) }
  if (dice < 14) return { ...base, verb: 'create', body: body(true) }
  if (dice < 15) return { ...base, verb: 'delete' }
  const type = random.pick(['json', 'merge', 'strategic'] as const)
  return { ...base, verb: 'patch', type, body: patchOf(random, kind, type) }
}

function patchOf(random: Random, kind: SequenceKind, type: 'json' | 'merge' | 'strategic'): JsonValue {
  const edits = random.some(kind.edits(random), 1).slice(0, 2)
  if (type !== 'json') {
    if (random.chance(0.3)) return kind.content(random, true)
    return edits.reduce<JsonObject>((patch, edit) => setAt(patch, fieldsOnly(edit), edit.value ?? null), {})
  }
  return edits.map(({ path, value }) => {
    const pointer = path.map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    return value === undefined
      ? { op: 'remove', path: pointer }
      : { op: random.pick(['add', 'replace']), path: pointer, value }
  })
}

/** Lists cannot be walked into by a merge patch: the path ends at the list, which is then replaced by a list of one. */
function fieldsOnly({ path, value }: Edit): readonly string[] {
  const end = path.findIndex(step => typeof step === 'number' || step === '-')
  return (
    end < 0 || value === undefined ? path.filter(step => typeof step === 'string' && step !== '-') : path.slice(0, end)
  ).map(String)
}

function setAt(object: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [first, ...rest] = path
  if (first === undefined) return object
  if (rest.length === 0) return { ...object, [first]: value }
  const below = object[first]
  return { ...object, [first]: setAt(isObject(below) ? below : {}, rest, value) }
}

/** The object after edits. Parts of a path that are missing are made, except items of lists. */
export function edited(object: JsonObject, edits: readonly Edit[]): JsonObject {
  return edits.reduce<JsonObject>((current, { path, value }) => editAt(current, path, value) as JsonObject, object)
}

function editAt(
  at: JsonValue | undefined,
  path: readonly (string | number)[],
  value: JsonValue | undefined,
): JsonValue | undefined {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number' || step === '-') {
    const list: JsonArray = isArray(at) ? at : []
    if (step === '-') return value === undefined ? list : [...list, value]
    if (step >= list.length) return at
    const item = editAt(list[step], rest, value)
    return item === undefined ? list.filter((_, i) => i !== step) : list.map((old, i) => (i === step ? item : old))
  }
  const fields = isObject(at) ? at : {}
  const below = editAt(fields[step], rest, value)
  if (below !== undefined) return { ...fields, [step]: below }
  const { [step]: _, ...others } = fields
  return others
}
