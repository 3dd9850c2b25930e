import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'
import { afterEach, expect, test } from 'vitest'
import {
  conversationListSchema,
  conversationSchema,
  conversationSummarySchema,
  deletedSchema
} from '../../../src/http/conversation-schemas.ts'
import { errorSchema } from '../../../src/http/schemas.ts'
import { ALICE_TOKEN, BOB_TOKEN, type StartedApp, startApp } from '../../support/http-app.ts'
import { createMemoryConversations } from '../../support/memory-conversations.ts'

const LIST = '/api/v1/conversations'

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start() {
  const memory = createMemoryConversations()
  const { url } = await startApp({ conversations: memory.conversations }).then((app) => {
    started = app
    return app
  })
  const send = (path: string, init: RequestInit & { token?: string } = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${init.token ?? ALICE_TOKEN}`,
        ...(init.body ? { 'content-type': 'application/json' } : {})
      }
    })
  const list = async (query = '') =>
    conversationListSchema.parse(await (await send(`${LIST}${query}`)).json())
  const open = async (question: string, isEnded = true) => {
    const id = await memory.registry.claim('id-alice', undefined, 'run-1', question)
    if (isEnded) await memory.registry.release(id, 'run-1')
    return id
  }
  return { ...memory, send, list, open }
}

const titles = ({ conversations }: { conversations: { title: string }[] }) =>
  conversations.map(({ title }) => title)

async function codeOf(response: Response) {
  const { error } = errorSchema.parse(await response.json())
  return [response.status, error.code]
}

test('lists pages of conversations until there is no cursor', async () => {
  const { open, list } = await start()
  const wanted = ['one', 'two', 'three', 'four', 'five']
  for (const question of wanted) await open(question)

  const first = await list('?limit=2')
  const second = await list(`?limit=2&cursor=${first.nextCursor}`)
  const third = await list(`?limit=2&cursor=${second.nextCursor}`)

  expect([first, second, third].map(titles).map(({ length }) => length)).toEqual([2, 2, 1])
  expect([first, second, third].flatMap(titles).sort()).toEqual(wanted.sort())
  expect(third.nextCursor).toBeUndefined()
})

test('searches titles without regard to case', async () => {
  const { open, list } = await start()
  await open('How many devices are at AMS01?')
  await open('Which VLANs are free?')

  expect(titles(await list('?search=ams01'))).toEqual(['How many devices are at AMS01?'])
  expect(titles(await list('?search=nothing'))).toEqual([])
})

test.each(['?limit=0', '?limit=101', '?cursor=%2F', '?cursor=eHg', '?search=', '?page=2'])(
  'refuses the query %s',
  async (query) => {
    const { send } = await start()
    expect(await codeOf(await send(`${LIST}${query}`))).toEqual([400, 'INVALID_REQUEST'])
  }
)

test('reads a conversation with its calls, its question as it was typed, and the run under way', async () => {
  const { open, checkpointer, send } = await start()
  const id = await open('How many?', false)
  const call = { id: 'call-1', name: 'count', args: { model: 'dcim.device' } }
  const messages = [
    new HumanMessage({
      id: 'm1',
      content: '[context]\ndate: today\n[/context]\nHow many?',
      additional_kwargs: { question: 'How many?' }
    }),
    new AIMessage({ id: 'm2', content: '', tool_calls: [call] }),
    new ToolMessage({ id: 'm3', tool_call_id: 'call-1', content: '12', status: 'success' }),
    new AIMessage({ id: 'm4', content: 'Twel', additional_kwargs: { incomplete: true } })
  ]
  const checkpoint = { ...emptyCheckpoint(), channel_values: { messages } }
  const place = { configurable: { thread_id: id, checkpoint_ns: '' } }
  await checkpointer.put(place, checkpoint, { source: 'loop', step: 0, parents: {} })

  const response = await send(`${LIST}/${id}`)

  const body = conversationSchema.strict().parse(await response.json())
  expect(body).toMatchObject({ id, title: 'How many?', runId: 'run-1' })
  const { args, id: toolCallId, name } = call
  expect(body.messages).toEqual([
    { id: 'm1', role: 'user', text: 'How many?' },
    {
      id: 'm2',
      role: 'assistant',
      text: '',
      toolCalls: [{ toolCallId, name, arguments: args, result: '12', isError: false }]
    },
    { id: 'm4', role: 'assistant', text: 'Twel', incomplete: true }
  ])
})

test('renames a conversation and keeps the name on one line', async () => {
  const { open, send } = await start()
  const id = await open('How many?')
  const body = JSON.stringify({ title: ' Devices\nat AMS01 ' })

  const response = await send(`${LIST}/${id}`, { method: 'PATCH', body })

  expect(conversationSummarySchema.strict().parse(await response.json())).toMatchObject({
    id,
    title: 'Devices at AMS01'
  })
})

test.each(['', ' \n ', 'x'.repeat(121), 'a\u0000b'])('refuses the title %j', async (title) => {
  const { open, send } = await start()
  const id = await open('How many?')
  const response = await send(`${LIST}/${id}`, { method: 'PATCH', body: JSON.stringify({ title }) })
  expect(await codeOf(response)).toEqual([400, 'INVALID_REQUEST'])
})

test('deletes a conversation and stops its run first', async () => {
  const { open, list, send, stopped } = await start()
  const id = await open('How many?', false)

  const response = await send(`${LIST}/${id}`, { method: 'DELETE' })

  expect(response.status).toBe(204)
  expect(await response.text()).toBe('')
  expect(stopped).toEqual(['run-1'])
  expect((await list()).conversations).toEqual([])
  const again = await send(`${LIST}/${id}`, { method: 'DELETE' })
  expect(await codeOf(again)).toEqual([404, 'CONVERSATION_NOT_FOUND'])
})

test("deletes all of a user's conversations, and nobody else's", async () => {
  const { open, registry, list, send } = await start()
  await open('one')
  await open('two', false)
  const his = await registry.claim('id-bob', undefined, 'run-9', 'three')

  const response = await send(LIST, { method: 'DELETE' })

  expect(deletedSchema.parse(await response.json())).toEqual({ deleted: 2 })
  expect((await list()).conversations).toEqual([])
  expect((await send(`${LIST}/${his}`, { token: BOB_TOKEN })).status).toBe(200)
})

test.each([
  ['markdown', 'text/markdown; charset=utf-8', 'how-many-devices-in-zurich.md'],
  ['json', 'application/json; charset=utf-8', 'how-many-devices-in-zurich.json']
])('exports a conversation as %s, to be saved', async (format, type, file) => {
  const { open, send } = await start()
  const id = await open('How many devices in "Zürich"?')

  const response = await send(`${LIST}/${id}/export?format=${format}`)

  expect(response.headers.get('content-type')).toBe(type)
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${file}"`)
  const text = await response.text()
  expect(text).toContain('How many devices in')
  if (format === 'json') expect(conversationSchema.strict().parse(JSON.parse(text)).id).toBe(id)
  else expect(text.startsWith('# How many devices in "Zürich"?\n')).toBe(true)
})

test('exports nothing in a form it does not know, nor what is not yours', async () => {
  const { open, send } = await start()
  const id = await open('Secret')
  const path = `${LIST}/${id}/export`

  expect(await codeOf(await send(`${path}?format=pdf`))).toEqual([400, 'INVALID_REQUEST'])
  const foreign = await send(path, { token: BOB_TOKEN })
  expect(foreign.headers.get('content-disposition')).toBeNull()
  expect(await codeOf(foreign)).toEqual([404, 'CONVERSATION_NOT_FOUND'])
})

test.each(['GET', 'PATCH', 'DELETE'])(
  '%s does not find the conversation of another user',
  async (method) => {
    const { open, list, send } = await start()
    const id = await open('Secret')
    const body = method === 'PATCH' ? JSON.stringify({ title: 'Mine' }) : null

    const response = await send(`${LIST}/${id}`, { method, token: BOB_TOKEN, body })

    expect(await codeOf(response)).toEqual([404, 'CONVERSATION_NOT_FOUND'])
    expect(titles(await list())).toEqual(['Secret'])
  }
)
