/** What has no counterpart: Go itself, webhooks, their certificates, tokens of clouds, and what the kernel counts of networks. */
const OF_GO =
  /^(go_|certwatcher_|controller_runtime_(conversion_)?webhook_|gotk_token_cache|process_network_|process_virtual_memory_max)/

/** Kinds that Lockstep does not serve. */
const OTHER_KINDS = /controller="(bucket|helmchart|helmrepository|ocirepository)"/

/** Values that differ from run to run, as those of bounds do not. */
const NAMED = /^(le|controller|result|kind|type|status)$/

/**
 * The series of a text of metrics, each with the names of its labels and, where a query may ask for it, their values. The
 * priority of what waits in a queue is left out: sums are what is asked for.
 */
export function seriesIn(text: string): ReadonlySet<string> {
  const series = text.split('\n').flatMap(line => {
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (name === '' || OF_GO.test(name) || OTHER_KINDS.test(labels)) return []
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].filter(([, label]) => label !== 'priority')
    const told = pairs.map(([, label = '', value = '']) => (NAMED.test(label) ? `${label}="${value}"` : label))
    return [`${name}{${told.toSorted().join(',')}}`]
  })
  return new Set(series)
}
