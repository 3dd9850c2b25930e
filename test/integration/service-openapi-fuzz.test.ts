import { expect, test } from 'vitest'
import { fuzzService } from '../openapi/fuzzed-service.ts'

const MAX_SECONDS = 45
const TIMEOUT_MS = 600_000
/** Of it, some 100 MB are what a service under load grows by once, and keeps. */
const MAX_GROWTH_MEGABYTES = 250

test(
  '[S11] no request that the document allows or forbids finds a 500, an undocumented status or an answer of another shape',
  async () => {
    const { cases, isClean, output, isReady, errors, megabytes } = await fuzzService({
      phases: ['coverage', 'fuzzing'],
      maxSeconds: MAX_SECONDS,
      seed: 1,
      say: () => undefined
    })

    expect(isClean, output).toBe(true)
    expect(cases).toBeGreaterThan(500)
    expect(errors).toEqual([])
    expect(isReady).toBe(true)
    expect(megabytes.after - megabytes.before).toBeLessThan(MAX_GROWTH_MEGABYTES)
  },
  TIMEOUT_MS
)
