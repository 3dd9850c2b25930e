// `npm run test:openapi`: everything that the API's document allows, and much that it does not, asked of the real service.
import { parseArgs } from 'node:util'
import { fuzzService } from './fuzzed-service.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 100_000) }
  }
})
const { cases, isClean, isReady, errors, megabytes } = await fuzzService({
  phases: ['coverage', 'fuzzing', 'stateful'],
  maxSeconds: Number(values.seconds),
  seed: Number(values.seed),
  say: (line) => console.log(line)
})
console.log(
  `${cases} cases, seed ${values.seed}; ${isReady ? 'ready' : 'not ready'} afterwards, ${errors.length} errors in the log, ${megabytes.before} MB before and ${megabytes.after} MB after.`
)
process.exitCode = isClean && isReady && errors.length === 0 ? 0 : 1
