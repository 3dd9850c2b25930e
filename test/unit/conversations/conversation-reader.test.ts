import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { compactionMessage } from '../../../src/conversations/compaction-message.ts'
import { toReadMessages } from '../../../src/conversations/conversation-reader.ts'

const asks = (id: string, ...calls: string[]) =>
  new AIMessage({
    id,
    content: '',
    tool_calls: calls.map((call) => ({ id: call, name: 'find', args: {} }))
  })
const result = (tool_call_id: string, content: string, status: 'success' | 'error' = 'success') =>
  new ToolMessage({ tool_call_id, content, status })

it('shows a call without its result when the run ended before', () => {
  const [message] = toReadMessages([asks('m1', 'one', 'two'), result('two', 'No.', 'error')])

  expect(message?.toolCalls).toEqual([
    { toolCallId: 'one', name: 'find', arguments: {} },
    { toolCallId: 'two', name: 'find', arguments: {}, result: 'No.', isError: true }
  ])
})

it('shows arguments as they were sent when they were no object', () => {
  const message = asks('m1', 'one')
  message.additional_kwargs.malformed = { one: '{"model":' }

  expect(toReadMessages([message])[0]?.toolCalls?.[0]?.arguments).toBe('{"model":')
})

it('shows neither system messages nor results without a call', () => {
  const messages = [new SystemMessage('Be brief.'), result('gone', '1'), new HumanMessage('Hi')]

  expect(toReadMessages(messages)).toEqual([{ id: '2', role: 'user', text: 'Hi' }])
})

it('leaves out the oldest results when all together are too long', () => {
  const messages = [
    asks('m1', 'old'),
    result('old', '123'),
    asks('m2', 'new'),
    result('new', '12345')
  ]

  const [old, newest] = toReadMessages(messages, 7).flatMap(({ toolCalls }) => toolCalls ?? [])

  expect(newest?.result).toBe('12345')
  expect(old?.result).toMatch(/^This result is not shown/)
  expect(toReadMessages(messages, 8)[0]?.toolCalls?.[0]?.result).toBe('123')
})

it('shows a summary with the answer that it was made for', () => {
  const summary = compactionMessage('s1', 'They talked.', { keptFrom: 'q2', messages: 2 })
  const messages = [
    new HumanMessage({ id: 'q1', content: 'One?' }),
    new AIMessage({ id: 'm1', content: '1' }),
    new HumanMessage({ id: 'q2', content: 'Two?' }),
    summary,
    asks('m2', 'call'),
    result('call', '2'),
    new AIMessage({ id: 'm3', content: '2' })
  ]

  expect(toReadMessages(messages).map(({ id, summary: text }) => [id, text])).toEqual([
    ['q1', undefined],
    ['m1', undefined],
    ['q2', undefined],
    ['m2', 'They talked.'],
    ['m3', undefined]
  ])
})
