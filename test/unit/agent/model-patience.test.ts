import { expect, it } from 'vitest'
import { delayBeforeRetry, PATIENCE, type Patience } from '../../../src/agent/model-patience.ts'

const patience: Patience = {
  ...PATIENCE,
  maxTries: 5,
  firstDelayMs: 400,
  maxDelayMs: 1_000,
  random: () => 0.5
}
const so = (tries: number, waitedMs = 0, maxWaitMs = 20_000) => ({ tries, waitedMs, maxWaitMs })
const delay = (afterMs: number | undefined, soFar: ReturnType<typeof so>, random = 0.5) =>
  delayBeforeRetry({ afterMs }, soFar, { ...patience, random: () => random })

it('waits longer each time, up to a bound', () => {
  expect([1, 2, 3, 4].map((tries) => delay(undefined, so(tries)))).toEqual([300, 600, 750, 750])
})

it('leaves half of each wait to chance', () => {
  expect([0, 0.999].map((random) => delay(undefined, so(1), random))).toEqual([200, 400])
})

it('waits as long as the provider asks, and a little more', () => {
  expect([0, 0.999].map((random) => delay(7_000, so(1), random))).toEqual([7_000, 7_200])
})

it('does not come back at once when the provider asks for no wait', () => {
  expect(delay(0, so(1))).toBe(300)
})

it('gives up after so many tries', () => {
  expect(delay(undefined, so(5))).toBeUndefined()
})

it('gives up when the waits would become too long together', () => {
  expect(delay(undefined, so(1, 19_700))).toBe(300)
  expect(delay(undefined, so(1, 19_701))).toBeUndefined()
  expect(delay(20_000, so(1))).toBeUndefined()
})
