import assert from 'node:assert/strict'
import { parseDuration } from '../../src/api/duration.ts'
import { ApiError, type PatchOptions } from '../../src/kube/cluster.ts'
import { watchResource } from '../../src/kube/informer.ts'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { formatRef, type KubeObject, type ObjectRef, parseApiVersion, refOf } from '../../src/manifest/object.ts'
import { readManifests } from '../../src/manifest/yaml/manifests.ts'
import { type AdmissionWebhook, startAdmissionWebhook } from '../support/admission-webhook.ts'
import { mismatch } from './match.ts'
import { fillIn, type Scenario, type Step } from './scenario.ts'
import { type SourceStage, sourceStage } from './source-steps.ts'
import type { World } from './world.ts'

const DEADLINE_MS = Number(process.env['LOCKSTEP_DEADLINE_MS'] ?? 30_000)

interface Stage {
  readonly world: World
  readonly namespace: string
  readonly commits: Map<string, string>
  readonly repositories: Set<string>
  readonly source: SourceStage
  webhooks: AdmissionWebhook | undefined
  hostIsDown: boolean
  /** Resolves when the engine has been killed by a `killAfter`. */
  death: Promise<'dead'> | undefined
  /** Whether the engine lived through the last `survives`. */
  survived: boolean
}

function lookUp(stage: Stage): (name: string) => string {
  const { commits, namespace, source, world } = stage
  return name => {
    const [kind = '', rest = ''] = name.split(':')
    if (kind === 'namespace') return namespace
    if (kind === 'kubeconfig') return Buffer.from(world.kubeconfig).toString('base64')
    if (kind === 'server') return world.user.server
    if (kind === 'ca') return JSON.stringify(world.ca)
    if (kind === 'webhook' && stage.webhooks !== undefined) return `${stage.webhooks.url}/${rest}`
    if (kind === 'webhook-authority' && stage.webhooks !== undefined) return stage.webhooks.authority
    if (kind === 'in') return new Date(world.clock.now() + (parseDuration(rest) ?? 0)).toISOString()
    if (kind === 'text') return 'x'.repeat(Number(rest))
    if (kind === 'url') return `${world.git.url}/${namespace}-${rest}.git`
    const value = kind === 'commit' ? commits.get(rest) : source.lookUp(kind, rest)
    assert.ok(value !== undefined, `nothing is known as $(${name})`)
    return value
  }
}

/** The object that a partial one means; `metadata.namespace: ''` for those without namespace. */
function referenceTo(partial: JsonObject, stage: Stage): ObjectRef {
  const { apiVersion, kind, metadata } = partial as unknown as KubeObject
  const namespace = metadata.namespace ?? stage.namespace
  return { ...parseApiVersion(apiVersion), kind, namespace, name: metadata.name }
}

async function scopedReference(partial: JsonObject, stage: Stage): Promise<ObjectRef> {
  const ref = referenceTo(partial, stage)
  const { namespaced } = await stage.world.user.resource(ref)
  return namespaced ? ref : { ...ref, namespace: '' }
}

/** Waits on watch events until `judge` has nothing to complain about; fails with its last complaint. */
async function waitFor(
  stage: Stage,
  ref: ObjectRef,
  what: string,
  judge: (object: KubeObject | undefined) => readonly string[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let complaints: readonly string[] = ['nothing was seen of it']
  const look = () => {
    complaints = judge(informer.get(ref.namespace, ref.name))
    if (complaints.length === 0) resolve()
  }
  const informer = watchResource(stage.world.user, ref, {
    ...(ref.namespace !== '' && { namespace: ref.namespace }),
    fieldSelector: `metadata.name=${ref.name}`,
    onChange: () => queueMicrotask(look),
    onState: ({ phase }) => void (phase !== 'listing' && queueMicrotask(look)),
  })
  const timer = setTimeout(
    () => reject(new Error(`${what} of ${formatRef(ref)} did not come:\n  ${complaints.join('\n  ')}`)),
    DEADLINE_MS,
  )
  try {
    await promise
  } finally {
    clearTimeout(timer)
    informer.close()
  }
}

function complaintsOf(partial: JsonObject, object: KubeObject | undefined): readonly string[] {
  if (object === undefined) return ['it does not exist']
  const { metadata, ...rest } = partial
  const { namespace: _, ...expected } = metadata as JsonObject
  return mismatch({ ...rest, metadata: expected }, object as unknown as JsonValue)
}

async function ensureRepository(name: string, stage: Stage): Promise<string> {
  const full = `${stage.namespace}-${name}`
  if (!stage.repositories.has(full)) {
    stage.repositories.add(full)
    await stage.world.git.create(full)
  }
  return full
}

function tellEngine(name: string, { world }: Stage): void {
  try {
    world.engine().pushed(`${world.git.url}/${name}.git`)
  } catch {
    // It is down; it will find out when it starts.
  }
}

async function commit(step: NonNullable<Step['commit']>, stage: Stage): Promise<void> {
  const name = await ensureRepository(step.repo ?? 'repo', stage)
  const { count = 0, path = '', text = '' } = step.generate ?? {}
  const numbers = Array.from({ length: count }, (_, index) => String(index))
  const generated = Object.fromEntries(numbers.map(each => [path.replaceAll('%d', each), text.replaceAll('%d', each)]))
  const sha = await stage.world.git.commit(
    name,
    { ...generated, ...step.files },
    {
      message: step.message ?? 'change',
      ...(step.branch !== undefined && { branch: step.branch }),
      ...(step.from !== undefined && { from: step.from }),
    },
  )
  stage.commits.set(step.label ?? 'last', sha)
  stage.commits.set('last', sha)
  if (step.silent !== true) tellEngine(name, stage)
}

async function setHost(host: NonNullable<Step['host']>, stage: Stage): Promise<void> {
  const { git } = stage.world
  if (host === 'down') {
    stage.hostIsDown = true
    await git.down()
  } else if (host === 'up') {
    git.fault(undefined)
    if (stage.hostIsDown) await git.up()
    stage.hostIsDown = false
  } else if ('authorization' in host) git.requireAuthorization(host.authorization)
  else if ('hangs' in host) git.fault({ kind: 'hang' })
  else git.fault({ kind: 'status', ...host })
}

/** An admission policy is in force some time after it was made, and nothing tells when. */
async function untilRefused(text: string, stage: Stage): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (Date.now() < deadline) {
    try {
      await applyAsUser(text, stage, true)
    } catch (error) {
      if (error instanceof ApiError) return
      throw error
    }
  }
  throw new Error('the API server still takes the object')
}

async function applyAsUser(text: string, stage: Stage, dryRun = false): Promise<void> {
  const { manifests, diagnostics } = readManifests(text, { file: 'apply', dialect: 'kubectl' })
  assert.deepEqual(diagnostics, [])
  for (const { value } of manifests) {
    const ref = await scopedReference(value, stage)
    const object = value as unknown as KubeObject
    const metadata = ref.namespace === '' ? object.metadata : { ...object.metadata, namespace: ref.namespace }
    await stage.world.user.apply({ ...object, metadata }, { fieldManager: 'user', force: true, dryRun })
  }
}

async function patchAsUser(partial: JsonObject, stage: Stage, options: Partial<PatchOptions> = {}): Promise<void> {
  const { apiVersion: _, kind: __, metadata, ...rest } = partial
  const { name: ___, namespace: ____, ...fields } = metadata as JsonObject
  const patch = { ...rest, ...(Object.keys(fields).length > 0 && { metadata: fields }) }
  const ref = await scopedReference(partial, stage)
  await stage.world.user.patch(ref, patch, { type: 'merge', fieldManager: 'kubectl-edit', ...options })
}

/** Does what a step says as another user; an admission policy decides about that some time after it was written. */
async function actAs(step: Step, stage: Stage): Promise<void> {
  const { user = '', groups = ['system:masters'] } = step.as ?? {}
  const acting: Stage = { ...stage, world: { ...stage.world, user: stage.world.user.as({ username: user, groups }) } }
  const warnings: string[] = []
  const onWarning = (text: string) => void warnings.push(text)
  const attempt = async (dryRun: boolean): Promise<string> => {
    try {
      const subresource = step.subresource === undefined ? {} : { subresource: step.subresource }
      if (step.apply !== undefined) await applyAsUser(step.apply, acting, dryRun)
      if (step.patch !== undefined) await patchAsUser(step.patch, acting, { dryRun, onWarning, ...subresource })
      if (step.delete !== undefined)
        await acting.world.user.delete(await scopedReference(step.delete, acting), { dryRun })
      return ''
    } catch (error) {
      if (error instanceof ApiError) return error.message
      throw error
    }
  }
  const expected = step.denied ?? ''
  const complaints = (message: string) => [
    ...mismatch(expected, message),
    ...(step.warned === undefined || warnings.length > 0 ? mismatch(step.warned, warnings.at(-1)) : ['no warning']),
  ]
  const isPatient = step.denied !== undefined || step.warned !== undefined || step.eventually === true
  const deadline = Date.now() + DEADLINE_MS
  while (isPatient && Date.now() < deadline) if (complaints(await attempt(true)).length === 0) break
  assert.deepEqual(complaints(await attempt(false)), [])
}

async function expectEvents(expected: readonly JsonObject[], stage: Stage): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const event = { group: '', version: 'v1', kind: 'Event' }
  const missing = () =>
    expected.filter(
      each => !informer.list().some(({ ...seen }) => mismatch(each, seen as unknown as JsonValue).length === 0),
    )
  const informer = watchResource(stage.world.user, event, {
    namespace: stage.namespace,
    onChange: () => queueMicrotask(() => missing().length === 0 && resolve()),
  })
  const timer = setTimeout(() => {
    const seen = informer.list().map(({ reason, message }) => `${String(reason)}: ${String(message)}`)
    reject(new Error(`events did not come: ${JSON.stringify(missing())}\nthere are:\n  ${seen.join('\n  ')}`))
  }, DEADLINE_MS)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    informer.close()
  }
}

function checkRequests(allowed: readonly string[], { world }: Stage): void {
  const made = world
    .takeRequests()
    .map(({ verb, resource, subresource }) => `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`)
  const isAllowed = (request: string) =>
    allowed.includes(request) ||
    allowed.includes(`* ${request.split(' ')[1]}`) ||
    allowed.includes(`${request.split(' ')[0]} *`)
  assert.deepEqual([...new Set(made.filter(request => !isAllowed(request)))], [])
}

/** Waits for objects that are to be as written, and for those that are to go. */
async function reach({ until = [], gone = [] }: Pick<Step, 'until' | 'gone'>, stage: Stage): Promise<void> {
  for (const partial of until) {
    await waitFor(stage, await scopedReference(partial, stage), 'the state', object => complaintsOf(partial, object))
  }
  for (const partial of gone) {
    await waitFor(stage, await scopedReference(partial, stage), 'the end', object =>
      object === undefined ? [] : ['it is still there'],
    )
  }
}

async function untilWithout({ condition, of }: NonNullable<Step['without']>, stage: Stage): Promise<void> {
  await waitFor(stage, await scopedReference(of, stage), `the end of ${condition}`, object => {
    const status = object?.['status'] as { readonly conditions?: readonly { readonly type: string }[] } | undefined
    return status?.conditions?.some(({ type }) => type === condition) === true ? ['it is still there'] : []
  })
}

async function playStep(step: Step, stage: Stage): Promise<void> {
  const { world } = stage
  if (step.repository !== undefined) await ensureRepository(step.repository, stage)
  if (step.commit !== undefined) await commit(step.commit, stage)
  if (step.git !== undefined) {
    const name = await ensureRepository(step.git.repo ?? 'repo', stage)
    for (const line of step.git.run.trim().split('\n')) await world.git.git(name, ...line.trim().split(/\s+/))
    if (step.git.silent !== true) tellEngine(name, stage)
  }
  if (step.host !== undefined) await setHost(step.host, stage)
  if (step.webhooks !== undefined) stage.webhooks = await startAdmissionWebhook(step.webhooks)
  if (step.as !== undefined) await actAs(step, stage)
  else if (step.apply !== undefined) await applyAsUser(step.apply, stage)
  if (step.refused !== undefined) await untilRefused(step.refused, stage)
  if (step.patch !== undefined && step.as === undefined) await patchAsUser(step.patch, stage)
  if (step.delete !== undefined && step.as === undefined)
    await world.user.delete(await scopedReference(step.delete, stage), { propagation: 'Background' })
  await reach(step, stage)
  if (step.killAfter !== undefined) stage.death = world.killAfter(step.killAfter).then(() => 'dead')
  if (step.survives !== undefined) {
    const reached = reach(step.survives, stage)
    await Promise.race([stage.death, reached])
    stage.survived = world.spare()
    if (!stage.survived) {
      await stage.death
      await world.startEngine()
    }
    await reached
  }
  if (step.settled !== undefined) {
    await world.engine().idle()
    for (const partial of step.settled) {
      const object = await world.user.get(await scopedReference(partial, stage))
      assert.deepEqual(
        complaintsOf(partial, object),
        [],
        formatRef(object === undefined ? referenceTo(partial, stage) : refOf(object)),
      )
    }
  }
  if (step.without !== undefined) await untilWithout(step.without, stage)
  await stage.source.play(step)
  if (step.events !== undefined) await expectEvents(step.events, stage)
  if (step.pass !== undefined) {
    // A status is seen a moment before the run that wrote it has planned its next one.
    await world.engine().quiet()
    world.clock.pass(step.pass * 1000)
  }
  if (step.engine === 'kill' || step.engine === 'restart') await world.killEngine()
  if (step.engine === 'start' || step.engine === 'restart') await world.startEngine()
  if (step.requests !== undefined) checkRequests(step.requests, stage)
}

/** Plays a scenario in a namespace of its own. An error names the step that it comes from. Says whether the engine lived. */
export async function play(
  scenario: Scenario,
  world: World,
  namespace: string,
): Promise<{ readonly survived: boolean }> {
  const source = sourceStage(world, namespace)
  const stage: Stage = {
    world,
    namespace,
    commits: new Map(),
    repositories: new Set(),
    source,
    webhooks: undefined,
    hostIsDown: false,
    death: undefined,
    survived: true,
  }
  const user = { fieldManager: 'user' }
  await world.user.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, user)
  try {
    for (const [index, step] of scenario.steps.entries()) {
      try {
        await playStep(fillIn(step, lookUp(stage)), stage)
      } catch (error) {
        const cause = error instanceof Error ? error : new Error(String(error))
        cause.message = `step ${index + 1} (${Object.keys(step).join(', ')}): ${cause.message}`
        throw cause
      }
    }
    return { survived: stage.survived }
  } finally {
    await cleanUp(stage)
  }
}

const KINDS = [
  { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
  { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' },
]

/** Leaves the cluster and the host as they were. */
async function cleanUp(stage: Stage): Promise<void> {
  const { world, namespace } = stage
  stage.source.close()
  stage.webhooks?.close()
  world.git.requireAuthorization()
  await setHost('up', stage)
  for (const kind of KINDS) {
    for (const object of await world.user.list(kind, { namespace })) {
      const finalizers = { metadata: { finalizers: null } }
      await world.user.delete(refOf(object)).catch(() => undefined)
      await world.user.patch(refOf(object), finalizers, { type: 'merge', fieldManager: 'user' }).catch(() => undefined)
    }
  }
  await world.user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
}
