import { artifact } from './artifact.ts'
import { conditions } from './condition.ts'
import { type ApiKind, type ApiObject, statusColumns } from './kind.ts'
import { DURATION, localReference, SHORT_DURATION } from './reference.ts'
import { boolean, int64, list, object, oneOf, optional, string, type ValueOf } from './schema.ts'

const include = object('Files of another GitRepository that are laid into this one.', {
  fromPath: optional(string('Folder of the other repository to take; its root by default.')),
  repository: localReference('The other GitRepository, in the same namespace.'),
  toPath: optional(string('Folder of this repository to put it in; the name of the other one by default.')),
})

const spec = object(
  'Which repository, which state of it, and how to get at it.',
  {
    ignore: optional(string('Paths to leave out, in the syntax of .gitignore; replaces the built-in list.')),
    include: optional(list('Other repositories whose files are laid into this one.', include)),
    interval: string('How often the remote is asked for changes.', { pattern: DURATION }),
    provider: optional(
      oneOf('How to authenticate; generic uses the Secret as it is.', ['generic', 'aws', 'azure', 'github']),
    ),
    proxySecretRef: optional(localReference('Secret with address, and optionally username and password, of a proxy.')),
    recurseSubmodules: optional(boolean('Fetch submodules too.')),
    ref: optional(
      object('Which state to take; the branch master by default.', {
        branch: optional(string('Branch to follow.')),
        commit: optional(string('Commit to stay at; goes before everything else.')),
        name: optional(string('Full name of a reference (refs/pull/1/head); goes before branch, tag and semver.')),
        semver: optional(string('Range of versions; the highest tag in it is taken. Goes before tag.')),
        tag: optional(string('Tag to take; goes before branch.')),
      }),
    ),
    secretRef: optional(
      localReference(
        'Secret with credentials: username and password, bearerToken, identity and known_hosts, or those of a GitHub App; ca.crt, tls.crt and tls.key for TLS.',
      ),
    ),
    serviceAccountName: optional(string('ServiceAccount whose cloud identity is used to authenticate.')),
    sparseCheckout: optional(list('Folders to take; all by default.', string('A folder.'))),
    suspend: optional(boolean('Stop reconciling this object until it is unset.')),
    timeout: optional(
      string('How long one operation on the remote may take.', { default: '60s', pattern: SHORT_DURATION }),
    ),
    url: string('Address of the repository, over HTTP, HTTPS or SSH.', { pattern: '^(http|https|ssh)://.*$' }),
    verify: optional(
      object('Which signatures a commit or tag must bear.', {
        mode: optional(
          oneOf('What is verified: the commit, the tag, or both.', ['head', 'HEAD', 'Tag', 'TagAndHEAD'], {
            default: 'HEAD',
          }),
        ),
        secretRef: localReference('Secret with the public keys of trusted authors.'),
      }),
    ),
  },
  {
    rules: [
      {
        rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'aws' || self.provider == 'azure'))",
        message: "serviceAccountName can only be set when provider is 'aws' or 'azure'",
      },
    ],
  },
)

const status = object(
  'What was last seen of the repository.',
  {
    artifact: optional(artifact),
    conditions: optional(conditions),
    includedArtifacts: optional(list('The artifacts of included repositories that went into this one.', artifact)),
    lastHandledReconcileAt: optional(
      string('The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.'),
    ),
    observedGeneration: optional(int64('The last generation of the spec that was reconciled.')),
    observedIgnore: optional(string('The ignore rules that the artifact was made with.')),
    observedInclude: optional(list('The includes that the artifact was made with.', include)),
    observedRecurseSubmodules: optional(boolean('Whether submodules were fetched for the artifact.')),
    observedSparseCheckout: optional(list('The folders that the artifact was made of.', string('A folder.'))),
    sourceVerificationMode: optional(string('What was verified for the artifact.')),
  },
  { default: { observedGeneration: -1 } },
)

export type GitRepositorySpec = ValueOf<typeof spec>
export type GitRepositoryStatus = ValueOf<typeof status>
export type GitRepository = ApiObject<GitRepositorySpec, GitRepositoryStatus>

/** `GitRepository`, source.toolkit.fluxcd.io/v1, as source-controller 1.9 serves it. */
export const gitRepositoryKind: ApiKind<GitRepositorySpec, GitRepositoryStatus> = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  singular: 'gitrepository',
  shortNames: ['gitrepo'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  component: 'source-controller',
  description: 'A Git repository that other objects take their manifests from.',
  columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...statusColumns],
  spec,
  status,
}
