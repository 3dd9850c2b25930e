import { MessageSchema } from '@ag-ui/core/schemas'
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { toSnapshot } from '../../../src/agent/agent-resume.ts'
import { questionMessage } from '../../../src/conversations/messages.ts'
import { QUESTION, RUN_ID } from '../../support/run-events.ts'

it("tells a stored conversation in messages that AG-UI's own schemas accept", () => {
  const call = { id: 'c1', name: 'count', args: { model: 'dcim.device' } }
  const malformed = { id: 'c2', name: 'count', args: {} }
  const calls = new AIMessage({
    id: 'm1',
    content: '',
    tool_calls: [call, malformed],
    additional_kwargs: { malformed: { c2: '{"model": ' } }
  })
  const snapshot = toSnapshot([
    questionMessage(RUN_ID, 'How many?', {
      ...{ date: '2026-01-01', username: 'jane', page: undefined },
      beginsBranch: false
    }),
    calls,
    new ToolMessage({ id: 't1', tool_call_id: 'c1', content: '7' }),
    new ToolMessage({ id: 't9', tool_call_id: 'nobody asked', content: '9' }),
    new HumanMessage({ id: 'run-2', content: 'And?' }),
    new AIMessage({ id: 'm2', content: 'Seven.' })
  ])

  for (const message of snapshot) MessageSchema.parse(message)
  expect(snapshot).toEqual([
    QUESTION,
    {
      id: 'm1',
      role: 'assistant',
      content: '',
      toolCalls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'count', arguments: '{"model":"dcim.device"}' }
        },
        { id: 'c2', type: 'function', function: { name: 'count', arguments: '{"model": ' } }
      ]
    },
    { id: 'c1-result', role: 'tool', toolCallId: 'c1', content: '7' },
    { id: 'run-2', role: 'user', content: 'And?' },
    { id: 'm2', role: 'assistant', content: 'Seven.' }
  ])
})
