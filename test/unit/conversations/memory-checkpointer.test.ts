import { HumanMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { MemoryCheckpointer } from '../../../src/conversations/memory-checkpointer.ts'
import { checkpointOf, META } from '../../support/checkpoint-fixture.ts'

const REMEMBERED = 10_000

const placeOf = (thread_id: string) => ({ configurable: { thread_id, checkpoint_ns: '' } })

it('refuses every write to a deleted conversation', async () => {
  const checkpointer = new MemoryCheckpointer()
  const checkpoint = checkpointOf([new HumanMessage('Hi')])
  const place = await checkpointer.put(placeOf('c1'), checkpoint, META)
  await checkpointer.deleteThread('c1')

  const refusal = { code: 'CONVERSATION_NOT_FOUND' }
  await expect(checkpointer.put(placeOf('c1'), checkpoint, META)).rejects.toMatchObject(refusal)
  await expect(checkpointer.putWrites(place, [['messages', 'late']], 'task')).rejects.toMatchObject(
    refusal
  )
  expect(await checkpointer.getTuple(placeOf('c1'))).toBeUndefined()
})

it('remembers so many deleted conversations and no more', async () => {
  const checkpointer = new MemoryCheckpointer()
  for (let id = 0; id <= REMEMBERED; id += 1) await checkpointer.deleteThread(`c${id}`)
  const write = (id: string) => checkpointer.put(placeOf(id), checkpointOf([]), META)

  await expect(write('c0')).resolves.toBeTruthy()
  await expect(write('c1')).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
})
