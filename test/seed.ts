import * as fc from 'fast-check'

/*
 * Properties try the same cases in every run, so that a failure is one of the change at hand. `LOCKSTEP_SEED` takes
 * others: a number, or `random` for new ones each time (what fails then tells its seed).
 */
const seed = process.env['LOCKSTEP_SEED'] ?? '1'
if (seed !== 'random') {
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`LOCKSTEP_SEED is ${seed}: give a number or \`random\``)
  fc.configureGlobal({ seed: Number(seed) })
}
