import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import type { ElicitationAnswer } from '../../../src/elicitation.ts'
import { createMemoryAnswerDesk } from '../../../src/runs/elicitation-desk.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { FINISHED, MODEL, STARTED } from '../../support/run-events.ts'

const ACCEPT: ElicitationAnswer = { action: 'accept', content: { who: 'Ada' } }
const DECLINE: ElicitationAnswer = { action: 'decline' }
const never = () => new AbortController().signal
const place = (elicitationId = 'e-1', runId = 'run-1') => ({ runId, elicitationId })

test('the first answer counts, and is the only one', async () => {
  const desk = createMemoryAnswerDesk()
  const asking = desk.ask(place(), { maxWaitMs: 5_000, signal: never() }, () => undefined)
  expect(await desk.state(place())).toBe('open')
  expect(await desk.state(place('e-1', 'run-2'), DECLINE)).toBe('unknown')
  expect(await desk.state(place('e-2'), DECLINE)).toBe('unknown')
  expect(await desk.state(place(), ACCEPT)).toBe('open')
  expect(await desk.state(place(), DECLINE)).toBe('answered')
  expect(await asking).toEqual(ACCEPT)
})

test('nobody is waited for longer than was said', async () => {
  const desk = createMemoryAnswerDesk()
  const asking = desk.ask(place(), { maxWaitMs: 20, signal: never() }, () => undefined)
  expect(await asking).toBeUndefined()
  expect(await desk.state(place(), ACCEPT)).toBe('closed')
})

test('a call that ends asks no more', async () => {
  const desk = createMemoryAnswerDesk()
  const stop = new AbortController()
  const asking = desk.ask(place(), { maxWaitMs: 5_000, signal: stop.signal }, () => undefined)
  stop.abort(new Error('stopped'))
  await expect(asking).rejects.toThrow('stopped')
  expect(await desk.state(place(), ACCEPT)).toBe('closed')
})

test('a wait that was given up leaves no timer, which would keep the process', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const desk = createMemoryAnswerDesk()
  const stop = new AbortController()
  const before = timers()
  const asking = desk.ask(place(), { maxWaitMs: 60_000, signal: stop.signal }, () => undefined)
  expect(timers()).toBe(before + 1)
  stop.abort(new Error('stopped'))
  await expect(asking).rejects.toThrow('stopped')
  await sleep(1)
  expect(timers()).toBeLessThanOrEqual(before)
})

test('a process that drains waits for nobody, and asks nobody any more', async () => {
  const desk = createMemoryAnswerDesk()
  const wait = { maxWaitMs: 5_000, signal: never() }
  const asking = desk.ask(place(), wait, () => undefined)
  desk.drain()
  expect(await asking).toBeUndefined()
  let isOpened = false
  const later = await desk.ask(place('e-2'), wait, () => {
    isOpened = true
  })
  expect([later, isOpened]).toEqual([undefined, false])
})

test('remembers how the last thousand ended, and forgets none that is open', async () => {
  const desk = createMemoryAnswerDesk()
  const wait = { maxWaitMs: 60_000, signal: never() }
  const first = desk.ask(place('first'), wait, () => undefined)
  for (let number = 0; number < 1_000; number += 1) {
    const asking = desk.ask(place(`e-${number}`), wait, () => undefined)
    await desk.state(place(`e-${number}`), DECLINE)
    await asking
  }
  expect(await desk.state(place('e-0'))).toBe('unknown')
  expect(await desk.state(place('e-1'))).toBe('answered')
  expect(await desk.state(place('first'), ACCEPT)).toBe('open')
  expect(await first).toEqual(ACCEPT)
})

/** Answers a form, and keeps nothing of it. */
async function answerOnce(desk: ReturnType<typeof createMemoryAnswerDesk>) {
  const answer: ElicitationAnswer = { action: 'accept', content: { who: 'Ada' } }
  const asking = desk.ask(place(), { maxWaitMs: 5_000, signal: never() }, () => undefined)
  await desk.state(place(), answer)
  await asking
  return new WeakRef(answer)
}

test('remembers that a form was answered, and not what', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const desk = createMemoryAnswerDesk()
  const answer = await answerOnce(desk)
  await sleep(1)
  collect()
  expect(answer.deref()).toBeUndefined()
  expect(await desk.state(place())).toBe('answered')
})

const requested = (elicitationId: string): AgentEvent => ({
  type: 'CUSTOM',
  name: 'elicitation_requested',
  value: {
    ...{ elicitationId, toolCallId: 'call-1', server: 'calendar', tool: 'plan' },
    ...{ message: 'When?', fields: [], lapsesAt: '2026-11-27T10:00:00.000Z' }
  }
})
const closed = (elicitationId: string): AgentEvent => ({
  type: 'CUSTOM',
  name: 'elicitation_closed',
  value: { elicitationId, outcome: 'declined' }
})

test('a run shows the forms that wait, each once', () => {
  const open = (...events: AgentEvent[]) =>
    outcomeOf([STARTED, MODEL, ...events]).elicitations.map((one) => one.elicitationId)
  expect(open(requested('a'), requested('b'), requested('a'))).toEqual(['a', 'b'])
  expect(open(requested('a'), requested('b'), closed('a'))).toEqual(['b'])
  expect(open(requested('a'), MODEL)).toEqual([])
  expect(open(requested('a'), FINISHED)).toEqual([])
})
