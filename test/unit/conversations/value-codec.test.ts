import { Document } from '@langchain/core/documents'
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage
} from '@langchain/core/messages'
import { Send } from '@langchain/langgraph'
import { DeltaSnapshot, JsonPlusSerializer } from '@langchain/langgraph-checkpoint'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  fromPlainMessage,
  isKnownMessage,
  type PlainMessage,
  toPlainMessage
} from '../../../src/conversations/message-codec.ts'
import { decodeValue, encodeValue, loadForeign } from '../../../src/conversations/value-codec.ts'

async function roundTrip(value: unknown): Promise<unknown> {
  const kept = new Map<string, BaseMessage>()
  const text = encodeValue(value, (message) => {
    kept.set(String(kept.size), message)
    return String(kept.size - 1)
  })
  const message = (hash: string) => kept.get(hash) as BaseMessage
  return decodeValue(text, { message, foreign: await loadForeign([text]) })
}

async function langchainRoundTrip(value: unknown): Promise<unknown> {
  const serializer = new JsonPlusSerializer()
  const [type, bytes] = await serializer.dumpsTyped(value)
  return serializer.loadsTyped(type, bytes)
}

it.each([
  ['a set', new Set([1, 'a'])],
  ['a map', new Map<unknown, unknown>([['a', new Set([1])]])],
  ['an expression', /a\/b/giu],
  ['an error', new Error('broken')],
  ['undefined inside', { a: undefined, b: [undefined] }],
  ['bytes inside', { bytes: new Uint8Array([0, 255]) }],
  ['a date, as text', { at: new Date(0) }],
  ['a message to a node', [new Send('tool', { id: 'a', args: { b: 1 } })]],
  ['a snapshot', new DeltaSnapshot([1, { a: 2 }])],
  ['a document', [{ found: new Document({ pageContent: 'text', metadata: { a: 1 } }) }]],
  ['a function, left out', { a: 1, b: () => 1 }]
])('brings back %s like the serializer of LangGraph', async (_, value) => {
  expect(await roundTrip(value)).toEqual(await langchainRoundTrip(value))
})

it('brings back every plain value, also one that looks like a tag of its own', async () => {
  const value = fc.object({
    key: fc.oneof(fc.constantFrom('$', 'v', '__proto__', 'constructor', 'toJSON'), fc.string()),
    values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)]
  })
  await fc.assert(
    fc.asyncProperty(value, async (object) => {
      expect(await roundTrip(object)).toEqual(object)
    })
  )
  expect(Object.prototype).not.toHaveProperty('polluted')
})

it('keeps a key called __proto__ a key', async () => {
  const back = (await roundTrip(JSON.parse('{"__proto__":{"polluted":[1]}}'))) as object
  expect(Object.keys(back)).toEqual(['__proto__'])
  expect(back).not.toHaveProperty('polluted')
})

it('passes messages on instead of writing them, at any depth', async () => {
  const message = new HumanMessage('hello')
  const kept: BaseMessage[] = []
  const text = encodeValue({ a: [{ b: message }, new Set([message])] }, (one) => {
    kept.push(one)
    return 'hash'
  })
  expect(kept).toEqual([message, message])
  expect(text).not.toContain('hello')
})

it('refuses a form it does not know', () => {
  const parts = { message: () => new HumanMessage(''), foreign: new Map() }
  expect(() => decodeValue('{"$":"date","v":1}', parts)).toThrow('unknown form')
  expect(() => fromPlainMessage(['Toaster', {}])).toThrow('unknown class')
})

const calls = [{ id: 'c', name: 'find', args: { a: [1] }, type: 'tool_call' as const }]

it.each([
  ['a question', new HumanMessage({ id: '1', content: 'q', additional_kwargs: { question: 'q' } })],
  ['an answer', new AIMessage({ id: '2', content: 'a', response_metadata: { model: 'x' } })],
  ['an answer with calls', new AIMessage({ content: '', tool_calls: calls })],
  ['an answer with usage', withUsage()],
  ['an answer in blocks', new AIMessage({ content: [{ type: 'text', text: 'a' }] })],
  ['a part of an answer', new AIMessageChunk({ content: 'a', tool_calls: calls })],
  ['a result', new ToolMessage({ tool_call_id: 'c', content: 'r', status: 'error', name: 'find' })],
  [
    'a result with data',
    new ToolMessage({ tool_call_id: 'c', content: 'r', artifact: { a: [1] } })
  ],
  ['a prompt', new SystemMessage('s')],
  ['a removal', new RemoveMessage({ id: '1' })]
])('brings back %s', (_, message) => {
  expect(isKnownMessage(message)).toBe(true)
  const back = fromPlainMessage(JSON.parse(JSON.stringify(toPlainMessage(message))) as PlainMessage)
  expect(back.constructor).toBe(message.constructor)
  expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(message)))
})

function withUsage(): AIMessage {
  const message = new AIMessage({ content: 'a' })
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
  return new AIMessage({ ...message.lc_kwargs, content: 'a', usage_metadata: usage } as object)
}

it('leaves a message of a foreign class to LangChain', () => {
  class OwnMessage extends HumanMessage {}
  expect(isKnownMessage(new OwnMessage('a'))).toBe(false)
})
