import { expect, it } from 'vitest'
import { fail, ok, stateOf, warn, within } from '../../../src/doctor/finding.ts'
import { exitCodeOf, toLines } from '../../../src/doctor/report.ts'
import { AppError } from '../../../src/errors.ts'

const well = ok('redis', 'It answers.')
const odd = warn('redis memory', 'It is full.', 'Raise it.')
const ill = fail('nautobot', 'It is down.', 'Start it.')

it.each([
  [[], 'ok', 0],
  [[well], 'ok', 0],
  [[well, odd], 'warn', 1],
  [[ill, odd, well], 'fail', 2]
])('the worst of %j decides: %s, exit code %i', (findings, state, code) => {
  expect([stateOf(findings), exitCodeOf(findings)]).toEqual([state, code])
})

it('gives up what takes too long, and tells it so', async () => {
  let isTold = false
  const look = (signal: AbortSignal) =>
    new Promise<never>(() => signal.addEventListener('abort', () => (isTold = true)))
  const found = await within('redis', 20, look)

  expect(found).toMatchObject([{ check: 'redis', state: 'fail' }])
  expect(found[0]?.sentence).toContain('took longer than 1 s')
  expect(isTold).toBe(true)
})

it('names an error by its code, and repeats nothing of a foreign one', async () => {
  const refuse = (error: unknown) => within('catalog', 1_000, () => Promise.reject(error))

  expect(await refuse(new AppError('NAUTOBOT_REFUSED', 'It refuses.'))).toMatchObject([
    { check: 'catalog', state: 'fail', sentence: 'It refuses.' }
  ])
  expect(JSON.stringify(await refuse(new Error('Token canary')))).not.toContain('canary')
})

it('writes one line for each finding, whatever a name holds', () => {
  const evil = ok('model a\nfail  redis\u2028\u001b[2J', 'It works.')
  expect(toLines([evil, ill]).split('\n')).toEqual([
    expect.stringMatching(/^ok {4}model a fail +redis \[2J +It works\.$/),
    expect.stringMatching(/^fail {2}nautobot +It is down\. Start it\.$/),
    ''
  ])
})
