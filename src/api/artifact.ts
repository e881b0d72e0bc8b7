import { int64, map, object, optional, string, type ValueOf } from './schema.ts'

/** What a source offers to other controllers: where the tarball is and what is in it. */
export const artifact = object('The last state that was fetched, ready for others to download.', {
  digest: string('Digest of the file, as `<algorithm>:<checksum>`.', {
    pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-fA-F0-9]+$',
  }),
  lastUpdateTime: string('When this artifact was last made.', { format: 'date-time' }),
  metadata: optional(
    map('Annotations that came with the source, such as those of an OCI image.', string('One value.')),
  ),
  path: string('Path of the file below the root of the storage.'),
  revision: string('Where the content comes from, in words of the source: branch or tag and commit, or a digest.'),
  size: optional(int64('Number of bytes of the file.')),
  url: string('Address to download the file from, inside the cluster.'),
})

export type Artifact = ValueOf<typeof artifact>
