import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startSteadyClock } from '../../support/steady-clock.ts'

test('counts what is waited for', async () => {
  const clock = startSteadyClock()
  await sleep(300)
  const elapsedMs = clock.stop()

  expect(elapsedMs).toBeGreaterThan(100)
  expect(elapsedMs).toBeLessThan(5_000)
})

test('does not count a time in which the process stood still', async () => {
  const clock = startSteadyClock()
  const until = performance.now() + 400
  while (performance.now() < until);
  const elapsedMs = clock.stop()

  expect(elapsedMs).toBeLessThanOrEqual(30)
})
