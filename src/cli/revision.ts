/** A revision with its digest cut to eight digits, as lists show it: `main@sha1:f08c0610`. Other text stays. */
export function shortRevision(revision: string): string {
  return revision.replace(/((?:sha1|sha256|sha384|sha512|blake3):)([0-9a-f]{8})[0-9a-f]+/g, '$1$2')
}
