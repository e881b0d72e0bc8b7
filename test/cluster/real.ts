import { available } from './control-plane.ts'

/**
 * Why tests that start a real control plane are skipped: they take long, so they run only where `LOCKSTEP_REAL` is set
 * (`npm run test:real`, `npm run test:cluster`), and need Go. False where they run.
 */
export function skipReal(): string | false {
  if (process.env['LOCKSTEP_REAL'] === undefined) return 'runs with npm run test:real'
  return available() ?? false
}
