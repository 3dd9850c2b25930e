import { afterAll, beforeAll, expect, it } from 'vitest'
import { conversationSchema } from '../../src/http/conversation-schemas.ts'
import { callTool, type ModelRequest, say, silence, textOf } from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

let redis: RunningRedis
let model: ScriptedModel

beforeAll(async () => {
  redis = await startRedis()
  model = await startScriptedModel({})
})
afterAll(async () => {
  await model.stop()
  await redis.stop()
})

/** Counts first and then repeats the question, so that an answer tells which one it belongs to. */
function echo({ body }: Pick<ModelRequest, 'body'>) {
  const last = body.messages.at(-1)
  if (last?.role === 'user') return [callTool('count', { model: 'dcim.device' })]
  const asked = body.messages.findLast(({ role }) => role === 'user')
  return [say(`Answer to ${asked ? wordsOf(asked) : 'nothing'}`)]
}

/** The last line: what was typed, without the context before it. */
function wordsOf(message: ModelRequest['body']['messages'][number]): string {
  return textOf(message).split('\n').at(-1) ?? ''
}

function start(store: string): Promise<LabSidecar> {
  model.answer(echo)
  return startLabSidecar(model.url, store === 'Redis' ? { REDIS_URL: redis.url } : {})
}

async function ask({ url }: LabSidecar, body: Readonly<Record<string, string | undefined>>) {
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, body: await response.json() }
}

/** One conversation, each question with what the model was given to read for its answer. */
function conversationOf(service: LabSidecar) {
  let conversationId: string | undefined
  const path = (rest = '') => `${service.url}/api/v1/conversations/${conversationId}${rest}`
  return {
    path,
    async ask(message: string, wish: { replaces?: string; after?: string } = {}) {
      const { status, body } = await ask(service, { message, conversationId, ...wish })
      expect([status, body.response]).toEqual([200, `Answer to ${message}`])
      conversationId = body.conversationId
      const sent = model.requests.at(-1)?.body.messages ?? []
      const read = sent.filter(({ role }) => role === 'user' || role === 'assistant')
      return { runId: body.runId as string, read: read.map(wordsOf).filter(Boolean) }
    },
    refused: (wish: object) => ask(service, { message: 'And?', conversationId, ...wish }),
    async read(at?: string) {
      const response = await fetch(path(at === undefined ? '' : `?at=${at}`))
      const { messages } = conversationSchema.strict().parse(await response.json())
      return messages
    }
  }
}

const textsOf = (messages: readonly { readonly text: string }[]) =>
  messages.map(({ text }) => text).filter(Boolean)

const BOTH = (question: string) => [question, `Answer to ${question}`]

it.each(['memory', 'Redis'])(
  'lets the model read nothing of the branch that a question replaces, in %s',
  async (store) => {
    const service = await start(store)
    const conversation = conversationOf(service)
    const one = await conversation.ask('one')
    const two = await conversation.ask('two')
    await conversation.ask('three')

    const middle = await conversation.ask('two, better', { replaces: two.runId })
    expect(middle.read).toEqual([...BOTH('one'), 'two, better'])
    const first = await conversation.ask('one, better', { replaces: one.runId })
    expect(first.read).toEqual(['one, better'])
    const on = await conversation.ask('and on')
    expect(on.read).toEqual([...BOTH('one, better'), 'and on'])
    const behind = await conversation.ask('back again', { after: middle.runId })
    expect(behind.read).toEqual([...BOTH('one'), ...BOTH('two, better'), 'back again'])

    const head = await conversation.read()
    expect(textsOf(head)).toEqual([...BOTH('one'), ...BOTH('two, better'), ...BOTH('back again')])
    expect(head.map(({ versions }) => versions).filter(Boolean)).toEqual([
      [one.runId, first.runId],
      [two.runId, middle.runId]
    ])
    const old = await conversation.read(two.runId)
    expect(textsOf(old)).toEqual(['one', 'two', 'three'].flatMap(BOTH))
    const exported = await fetch(conversation.path(`/export?at=${first.runId}`))
    expect(await exported.text()).toContain('Answer to and on')
    expect(await (await fetch(conversation.path('/export'))).text()).not.toContain('and on')
    await service.stop()
  }
)

it.each(['memory', 'Redis'])(
  'refuses a branch from a question that is not there, and changes nothing, in %s',
  async (store) => {
    const service = await start(store)
    const conversation = conversationOf(service)
    const one = await conversation.ask('one')
    const before = await (await fetch(conversation.path())).json()
    const asked = model.requests.length

    for (const wish of [{ replaces: 'unknown' }, { after: 'unknown' }]) {
      const { status, body } = await conversation.refused(wish)
      expect([status, body.error.code]).toEqual([404, 'MESSAGE_NOT_FOUND'])
    }
    for (const wish of [
      { replaces: one.runId, after: one.runId },
      { replaces: one.runId, conversationId: undefined },
      { replaces: 'no id!' }
    ]) {
      expect((await conversation.refused(wish)).body.error.code).toBe('INVALID_REQUEST')
    }
    const foreign = await conversation.refused({ replaces: one.runId, conversationId: 'other' })
    expect(foreign.body.error.code).toBe('CONVERSATION_NOT_FOUND')
    expect((await fetch(conversation.path('?at=unknown'))).status).toBe(404)
    expect((await fetch(conversation.path('?at=no%20id'))).status).toBe(400)

    expect(await (await fetch(conversation.path())).json()).toEqual(before)
    expect(model.requests).toHaveLength(asked)
    await service.stop()
  }
)

it('branches off a question whose answer was stopped, and shows what was said of it', async () => {
  const service = await start('Redis')
  const conversation = conversationOf(service)
  await conversation.ask('one')
  model.answer(() => [say('There are'), silence()])
  const stopping = conversation.refused({})
  const runOf = async () => (await (await fetch(conversation.path())).json()).runId
  await expect.poll(runOf).toEqual(expect.any(String))
  const runId = await runOf()
  const run = `${service.url}/api/v1/runs/${runId}`
  await expect.poll(async () => (await (await fetch(run)).json()).response).toBe('There are')
  await fetch(`${run}/cancel`, { method: 'POST' })
  expect((await stopping).body.state).toBe('stopped')

  model.answer(echo)
  const behind = await conversation.ask('behind it', { after: runId })
  expect(behind.read).toEqual([...BOTH('one'), 'And?', 'There are', 'behind it'])
  const instead = await conversation.ask('instead', { replaces: runId })
  expect(instead.read).toEqual([...BOTH('one'), 'instead'])
  const stopped = (await conversation.read(runId)).find(({ incomplete }) => incomplete)
  expect(stopped?.text).toBe('There are')
  await service.stop()
})

it('keeps every branch when the service is killed, and goes on in each', async () => {
  const first = await start('Redis')
  const begun = conversationOf(first)
  const one = await begun.ask('one')
  const two = await begun.ask('two', { replaces: one.runId })
  const [id] = new URL(begun.path()).pathname.split('/').slice(-1)
  const before = [await begun.read(one.runId), await begun.read()]
  first.signal('SIGKILL')
  await first.exited

  const second = await start('Redis')
  const read = async (at: string) => {
    const response = await fetch(`${second.url}/api/v1/conversations/${id}?at=${at}`)
    return conversationSchema.parse(await response.json()).messages
  }
  expect([await read(one.runId), await read(two.runId)]).toEqual(before)
  await expect
    .poll(() => ask(second, { message: 'on', conversationId: id, after: one.runId }), {
      timeout: 20_000
    })
    .toMatchObject({ status: 200 })
  const sent = model.requests.at(-1)?.body.messages.filter(({ role }) => role === 'user') ?? []
  expect(sent.map(wordsOf)).toEqual(['one', 'on'])
  await second.stop()
})
