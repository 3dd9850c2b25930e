import { expect, test, vi } from 'vitest'
import type { ElicitationAnswer, ShowForm } from '../../../src/elicitation.ts'
import { createCallClock } from '../../../src/mcp/call-clock.ts'
import {
  answerInput,
  createCallerInput,
  MAX_ELICITATION_WAIT_MS,
  MAX_ELICITATIONS_PER_CALL
} from '../../../src/mcp/caller-input.ts'

const FORM = { message: 'Who?', requestedSchema: { type: 'object', properties: {} } }
const ACCEPT: ElicitationAnswer = { action: 'accept', content: {} }

function callerOf(onElicit: ShowForm | undefined, maxWaitMs = 60_000) {
  const notes: string[] = []
  const over = new AbortController()
  const clock = createCallClock({ callTimeoutMs: 60_000, totalTimeoutMs: 60_000 })
  const hold = vi.spyOn(clock, 'hold')
  const onNote = (sentence: string) => void notes.push(sentence)
  const ask = createCallerInput({ onElicit, clock, maxWaitMs, signal: over.signal, onNote })
  return { ask, notes, over, hold, clock }
}

/** Waits until it is told otherwise. */
const forever: ShowForm = (_form, { signal }) =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  )

test('asks one question after another, and at most five of one call', async () => {
  let open = 0
  const { ask, notes } = callerOf(async () => {
    open += 1
    expect(open).toBe(1)
    await new Promise(setImmediate)
    open -= 1
    return ACCEPT
  })
  const answers = await Promise.all(
    Array.from({ length: MAX_ELICITATIONS_PER_CALL + 2 }, () => ask(FORM))
  )
  expect(answers.map(({ action }) => action)).toEqual([
    ...Array.from({ length: MAX_ELICITATIONS_PER_CALL }, () => 'accept'),
    'decline',
    'decline'
  ])
  expect(notes).toEqual(['It asked for input more than 5 times: declined.'])
})

test.each([
  [1_000, 1_000],
  [MAX_ELICITATION_WAIT_MS + 1, MAX_ELICITATION_WAIT_MS]
])('of %i ms that a call may take, a person has %i', async (maxWaitMs, expected) => {
  const waits: number[] = []
  const { ask } = callerOf(async (_form, wait) => {
    waits.push(wait.maxWaitMs)
    return ACCEPT
  }, maxWaitMs)
  await ask(FORM)
  expect(waits).toEqual([expected])
})

test('a question that its server withdraws is taken away, and the call goes on', async () => {
  const { ask, notes } = callerOf(forever)
  const withdrawn = new AbortController()
  const asking = ask(FORM, withdrawn.signal)
  await new Promise(setImmediate)
  withdrawn.abort(new Error('its time-out'))
  expect(await asking).toEqual({ action: 'cancel' })
  expect(notes).toHaveLength(1)
})

test('the end of the call ends the question, and the next one is not asked', async () => {
  const { ask, over, hold } = callerOf(forever)
  const asking = [ask(FORM), ask(FORM)]
  await new Promise(setImmediate)
  over.abort(new Error('stopped'))
  for (const one of asking) await expect(one).rejects.toThrow('stopped')
  expect(hold).toHaveBeenCalledTimes(2)
})

test.each<[string, object, RegExp]>([
  ['a completion of a model', { method: 'sampling/createMessage', params: {} }, /sampling/],
  ['roots', { method: 'roots/list' }, /roots\/list, which is not offered/],
  ['nothing known', {}, /which is not offered/]
])('a result that wants %s ends the call', async (_what, request, message) => {
  const { ask, over } = callerOf(async () => ACCEPT)
  const result = { resultType: 'input_required', inputRequests: { it: request } } as never
  await expect(answerInput(result, ask, over.signal)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(message)
  })
})

test('a state is sent back as it came, up to 64 Ki characters', async () => {
  const { ask, over } = callerOf(async () => ACCEPT)
  const wanted = (requestState: string) =>
    ({
      resultType: 'input_required',
      inputRequests: { it: { method: 'elicitation/create', params: FORM } },
      requestState
    }) as never
  const state = 's'.repeat(65_536)
  expect(await answerInput(wanted(state), ask, over.signal)).toEqual({
    inputResponses: { it: ACCEPT },
    requestState: state
  })
  await expect(answerInput(wanted(`${state}s`), ask, over.signal)).rejects.toThrow(/too long/)
})

test('a page to open is declined, and nobody is shown it', async () => {
  const { ask, notes } = callerOf(async () => ACCEPT)
  const page = { mode: 'url', message: 'Sign in', url: 'https://example.com', elicitationId: 'e' }
  expect(await ask(page)).toEqual({ action: 'decline' })
  expect(notes).toEqual(['It asked for input that is given on a page of its own: declined.'])
})
