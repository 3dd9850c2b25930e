import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { conversationSchema } from '../../src/http/conversation-schemas.ts'
import { type ModelRequest, say, silence, textOf } from '../support/model-steps.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { followRun, startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

let replicas: Replicas
let other: LabSidecar

beforeAll(async () => {
  replicas = await startReplicas()
  other = await replicas.start()
})
afterAll(() => replicas.stop())
beforeEach(() => replicas.model.answer(() => [say('Understood.')]))

const ask = (url: string, body: Readonly<Record<string, unknown>>) =>
  startRun(url, { headers: replicas.headers, body })

/** A conversation of two questions, answered. */
async function begin() {
  const one = await ask(other.url, { message: 'one' })
  await one.rest()
  const { conversationId } = one
  const two = await ask(other.url, { message: 'two', conversationId })
  await two.rest()
  return { conversationId, one: one.runId, two: two.runId }
}

async function questionsIn(conversationId: string, at = '') {
  const path = `/api/v1/conversations/${conversationId}${at && `?at=${at}`}`
  const response = await fetch(other.url + path, { headers: replicas.headers })
  const { messages } = conversationSchema.parse(await response.json())
  return messages.filter(({ role }) => role === 'user').map(({ text }) => text)
}

/** What was typed, without the context before it. */
const typedIn = ({ body }: Pick<ModelRequest, 'body'>) =>
  body.messages
    .filter(({ role }) => role === 'user')
    .map((message) => textOf(message).split('\n').at(-1))

const lastRead = () => typedIn(replicas.model.requests.at(-1) as ModelRequest)

async function runIn(dying: LabSidecar, runId: string) {
  const answer = await fetch(`${dying.url}/api/v1/runs/${runId}`, { headers: replicas.headers })
  return answer.json()
}

/** A replica with one place, and a run that keeps it. */
async function startFull() {
  const full = await replicas.start({ AI_OPS_MAX_RUNS: '1' })
  replicas.model.answer(() => [say('Thinking'), silence()])
  const first = await ask(full.url, { message: 'Keep the place' })
  await expect.poll(async () => (await runIn(full, first.runId)).response).toBe('Thinking')
  return full
}

it('[T21] a branch whose replica is killed in mid-answer goes on as one', async () => {
  const { conversationId, two } = await begin()
  const dying = await replicas.start()
  replicas.model.answer(() => [say('Thinking'), silence()])
  const run = await ask(dying.url, { message: 'two, better', conversationId, replaces: two })
  await expect.poll(async () => (await runIn(dying, run.runId)).response).toBe('Thinking')
  replicas.model.answer(() => [say('Better.')])
  dying.signal('SIGKILL')
  await dying.exited
  const read = await followRun(other.url, run.runId, { headers: replicas.headers })

  expect(read.end?.type).toBe('RUN_FINISHED')
  expect(lastRead()).toEqual(['one', 'two, better'])
  expect(await questionsIn(conversationId)).toEqual(['one', 'two, better'])
  expect(await questionsIn(conversationId, two)).toEqual(['one', 'two'])
}, 60_000)

it.each([
  { wish: 'replaces', message: 'one, better', expected: ['one, better'] },
  { wish: 'after', message: 'behind one', expected: ['one', 'behind one'] }
])(
  '[T21] a branch that waits when its replica is killed begins at its place elsewhere ($wish)',
  async ({ wish, message, expected }) => {
    const { conversationId, one } = await begin()
    const dying = await startFull()
    const run = await ask(dying.url, { message, conversationId, [wish]: one })
    await expect.poll(async () => (await runIn(dying, run.runId)).state).toBe('queued')
    replicas.model.answer(() => [say('Understood.')])
    dying.signal('SIGKILL')
    await dying.exited
    const read = await followRun(other.url, run.runId, { headers: replicas.headers })

    expect(read.end?.type).toBe('RUN_FINISHED')
    const snapshot = read.events.find(({ event }) => event.type === 'MESSAGES_SNAPSHOT')?.event
    const told = snapshot?.type === 'MESSAGES_SNAPSHOT' ? snapshot.messages : []
    expect(told.flatMap(({ role, content }) => (role === 'user' ? [content] : []))).toEqual(
      expected
    )
    expect(await questionsIn(conversationId)).toEqual(expected)
    expect(await questionsIn(conversationId, one)).toEqual(
      wish === 'after' ? expected : ['one', 'two']
    )
  },
  60_000
)

it('a branch that is stopped while it waits is kept at its place, and the old one is whole', async () => {
  const { conversationId, two } = await begin()
  const full = await startFull()
  const run = await ask(full.url, { message: 'two, better', conversationId, replaces: two })
  await expect.poll(async () => (await runIn(full, run.runId)).state).toBe('queued')
  const cancel = `${full.url}/api/v1/runs/${run.runId}/cancel`
  await fetch(cancel, { method: 'POST', headers: replicas.headers })

  expect((await run.rest()).end).toMatchObject({ outcome: { type: 'cancelled' } })
  expect(await questionsIn(conversationId)).toEqual(['one', 'two, better'])
  expect(await questionsIn(conversationId, two)).toEqual(['one', 'two'])
}, 60_000)
