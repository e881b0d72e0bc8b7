import { parseArgs } from 'node:util'
import { bombard } from './bombard.ts'

/*
 * Bombards embedded servers with random requests, as `bombard.test.ts` does for a moment:
 * `npm run fuzz:routes -- [--from SEED] [--seeds N] [--count REQUESTS]`.
 */
const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '20' },
    count: { type: 'string', default: '5000' },
  },
})
const first = Number(values.from)
let found = 0
for (let seed = first; seed < first + Number(values.seeds); seed++)
  for (const { index, request, problem } of await bombard(seed, Number(values.count))) {
    found++
    console.log(`seed ${seed}, request ${index}: ${problem}\n  ${request.slice(0, 2000)}`)
  }
console.log(`${values.seeds} times ${values.count} requests, ${found} not answered with 2xx or 4xx`)
process.exitCode = found === 0 ? 0 : 1
