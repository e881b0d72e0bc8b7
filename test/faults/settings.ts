/** Of `npm run faults`, another one each time; CI takes few rounds of always the same, to judge the change and not the dice. */
export const SEED = Number(process.env['LOCKSTEP_FAULTS_SEED'] ?? 273_323)
export const ROUNDS = Number(process.env['LOCKSTEP_FAULTS_ROUNDS'] ?? 10)
/** Whether time is no matter. */
export const IS_LONG = ROUNDS > 10

/** A lease that expires soon after its holder was killed. */
export const SHORT_LEASE = [
  '--leader-election-lease-duration=3s',
  '--leader-election-renew-deadline=2500ms',
  '--leader-election-retry-period=250ms',
]
