import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { createSharingSerializer } from '../../../src/conversations/sharing-serializer.ts'

async function roundTrip<T>(value: T, serializer = createSharingSerializer()): Promise<T> {
  return serializer.loadsTyped(...(await serializer.dumpsTyped(value)))
}

it('brings back messages wherever they are, and what JSON cannot say', async () => {
  const call = { id: 'c1', name: 'count', args: { model: 'dcim.device' }, type: 'tool_call' }
  const value = {
    messages: [
      new HumanMessage({ id: 'q', content: 'How many?', additional_kwargs: { question: 'x' } }),
      new AIMessage({ id: 'a', content: '', tool_calls: [call as never] }),
      new ToolMessage({ id: 't', tool_call_id: 'c1', content: '{"count":7}', artifact: { a: 1 } })
    ],
    send: { node: 'tool', args: { last: new HumanMessage('inside') } },
    seen: new Set(['x']),
    nothing: undefined
  }
  expect(await roundTrip(value)).toEqual(value)
})

it('notices that a part of a message it knows was replaced', async () => {
  const serializer = createSharingSerializer()
  const [loaded] = await roundTrip([new HumanMessage({ id: 'q', content: 'before' })], serializer)
  if (!loaded) throw new Error('The message is lost')
  const before = await serializer.dumpsTyped(loaded)
  loaded.content = 'after'
  const after = await serializer.dumpsTyped(loaded)

  expect((await serializer.loadsTyped(...before)).content).toBe('before')
  expect((await serializer.loadsTyped(...after)).content).toBe('after')
})

it('gives every reader messages of its own', async () => {
  const serializer = createSharingSerializer()
  const written = await serializer.dumpsTyped([new HumanMessage('shared')])
  const [first] = await serializer.loadsTyped(...written)
  first.content = 'changed'

  expect((await serializer.loadsTyped(...written))[0].content).toBe('shared')
})

it('takes no value that it has not written', async () => {
  const written = await createSharingSerializer().dumpsTyped('x')
  const other = createSharingSerializer()
  await expect(other.loadsTyped(...written)).rejects.toThrow('not written here')
  await expect(other.loadsTyped('json', '"x"')).rejects.toThrow('not written here')
})
