/** How a file is laid out. `binary` is any text, wrapped in JSON while it is encrypted. */
export type SopsFormat = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary'

/** The format of a path by its ending. */
export function formatOfPath(path: string): SopsFormat {
  if (/\.ya?ml$/.test(path)) return 'yaml'
  if (path.endsWith('.json')) return 'json'
  if (path.endsWith('.env')) return 'dotenv'
  return path.endsWith('.ini') ? 'ini' : 'binary'
}

const MARKERS: readonly (readonly [string, SopsFormat])[] = [
  ['"mac": "ENC[', 'binary'],
  ['sops_mac=ENC[', 'dotenv'],
  ['[sops]', 'ini'],
  ['mac: ENC[', 'yaml'],
]

/** The format of a text that SOPS encrypted, by what only its metadata holds; undefined for any other text. */
export function formatOfText(text: string): SopsFormat | undefined {
  return MARKERS.find(([marker]) => text.includes(marker))?.[1]
}
