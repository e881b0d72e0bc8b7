/** How one case of a corpus went. `detail` says what came out instead, in a form a person can act on. */
export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  readonly detail?: string
}

/** The cases of one corpus folder. `test/corpora/suites/<corpus>.ts` exports one as `suite`. */
export interface CorpusSuite {
  /** Name of the folder under LOCKSTEP_CORPORA. */
  readonly corpus: string
  /** Runs every case of every known file in the folder; files that are missing have no cases. */
  run(folder: string): AsyncIterable<CaseResult>
}
