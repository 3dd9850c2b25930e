import { expect, it } from 'vitest'
import { ok } from '../../../src/doctor/finding.ts'
import { inTurn } from '../../../src/doctor/in-turn.ts'

it('examines 50 objects of a kind, four at a time, and tells how many are left', async () => {
  let running = 0
  let most = 0
  const objects = Array.from({ length: 51 }, (_, place) => place)
  const findings = await inTurn('models', objects, async (place) => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    return [ok(`model ${place}`, 'It works.')]
  })

  expect(most).toBe(4)
  expect(findings.slice(49)).toMatchObject([
    { check: 'model 49' },
    { check: 'models', state: 'warn', sentence: '1 more are not looked at.' }
  ])
})

it('leaves nothing to tell at the limit itself', async () => {
  const objects = Array.from({ length: 50 }, (_, place) => place)
  expect(await inTurn('models', objects, async () => [])).toEqual([])
})
