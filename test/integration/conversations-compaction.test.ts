import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { afterAll, expect, it } from 'vitest'
import { visibleOf } from '../../src/agent/conversation-prompt.ts'
import { compactionMessage } from '../../src/conversations/compaction-message.ts'
import { createCheckpoints, messagesOf, put } from '../support/checkpoint-fixture.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

it('goes on from the summary that another replica has stored', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  await put(checkpointer, { thread_id: threadId }, [
    new HumanMessage({ id: 'q1', content: 'One?' }),
    new AIMessage({ id: 'm1', content: '1' }),
    new HumanMessage({ id: 'q2', content: 'Two?' }),
    compactionMessage('s1', 'They talked.', { keptFrom: 'q2', messages: 2 }),
    new AIMessage({ id: 'm2', content: '2' })
  ])

  const other = createCheckpoints(await redis.connect(), deployment).checkpointer
  const { summary, messages } = visibleOf(await messagesOf(other, { thread_id: threadId }))
  expect(summary).toBe('They talked.')
  expect(messages.map(({ id }) => id)).toEqual(['q2', 'm2'])
})
