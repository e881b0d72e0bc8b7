import type { Cloud } from '../cloud/workload.ts'
import type { KubeClient } from '../kube/client-types.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../manifest/clock.ts'
import type { ArtifactStore } from '../source/artifact/artifact-store.ts'
import type { ArtifactTreeMaker } from '../source/git/artifact-tree.ts'
import type { GitSource } from '../source/git/git-source.ts'
import type { CredentialsMaker } from '../source/git/secret-credentials.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { LiveObjects } from './live-objects.ts'
import type { Logger } from './log.ts'
import type { References } from './references.ts'
import type { RevertLimiter } from './revert-limiter.ts'
import type { Sources } from './sources.ts'

/** What may differ between installations; names and defaults follow the flags of the Flux controllers. */
export interface EngineSettings {
  /** Reconciliations at once. */
  readonly concurrency: number
  readonly noCrossNamespaceRefs: boolean
  readonly noRemoteBases: boolean
  /** Hosts that remote bases may come from; all where it is left out. */
  readonly remoteHosts?: readonly string[]
  /** Acts as this service account of the object's namespace where the spec names none. */
  readonly defaultServiceAccount?: string
  /** Reaches clusters of `kubeConfig.configMapRef` as this service account where the ConfigMap names none. */
  readonly defaultKubeconfigServiceAccount?: string
  /** Asks key services as this service account where `spec.decryption` names none. */
  readonly defaultDecryptionServiceAccount?: string
  /** Its age keys are for every Kustomization with `spec.decryption`. */
  readonly sopsAgeSecret?: { readonly namespace: string; readonly name: string }
  /** Only objects of this namespace are served; those of all where it is left out. */
  readonly watchNamespace?: string
  /** Only objects with these labels are served (sharding); the others are read, so that references to them hold. */
  readonly watchLabelSelector?: string
  /** By how many percent intervals are shortened or lengthened at random; 5 where it is left out. */
  readonly intervalJitterPercentage?: number
  /** Milliseconds until the first and at most until any retry of what ended with an exception; 750 ms and 15 m. */
  readonly retryDelay?: { readonly firstMs: number; readonly longestMs: number }
  /** Name of the cluster in the ledger. */
  readonly clusterName: string
}

/** What the controllers share. */
export interface EngineContext {
  readonly settings: EngineSettings
  readonly cluster: KubeClient
  /** The objects that Lockstep itself serves. */
  readonly objects: LiveObjects
  readonly references: References
  readonly sources: Sources
  readonly reverts: RevertLimiter
  readonly git: GitSource
  readonly credentials: CredentialsMaker
  readonly cloud: Cloud
  readonly artifactTree: ArtifactTreeMaker
  readonly artifacts: ArtifactStore
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly events: { readonly source: EventRecorder; readonly kustomize: EventRecorder }
}
