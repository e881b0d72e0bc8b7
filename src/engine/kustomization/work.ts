import type { Kustomization } from '../../api/kustomization.ts'
import type { HealthRules } from '../../health/rules.ts'
import type { EngineContext } from '../context.ts'
import type { Run } from '../runner.ts'
import type { SourceState } from '../sources.ts'
import type { Failed } from './outcome.ts'
import type { Target, Workspace } from './workspace.ts'

/** Everything that one attempt works with. */
export interface Work {
  readonly kustomization: Kustomization
  readonly source: SourceState
  readonly rules: HealthRules
  readonly workspace: Workspace
  readonly target: Target
  readonly run: Run
  readonly context: EngineContext
}

/** Why an attempt failed, before it is known how long it took. */
export type Failure = Omit<Failed, 'kind' | 'revision' | 'durationMs'>
