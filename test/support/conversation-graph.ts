import { randomUUID } from 'node:crypto'
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import {
  type BaseCheckpointSaver,
  END,
  MessagesAnnotation,
  Send,
  START,
  StateGraph
} from '@langchain/langgraph'

const RESULT_BYTES = 4 * 1024

export interface GraphOptions {
  readonly checkpointer: BaseCheckpointSaver
  /** Calls of one question. */
  readonly calls?: number
}

interface Call {
  readonly id: string
  readonly name: string
}

/** A graph of the agent's shape without a model: every question is one round of tools and an answer. */
export function createConversationGraph({ checkpointer, calls = 1 }: GraphOptions) {
  return new StateGraph(MessagesAnnotation)
    .addNode('model', ({ messages }) => ({ messages: [nextMessage(messages.at(-1), calls)] }))
    .addNode('tool', (call: unknown) => {
      const { id, name } = call as Call
      return { messages: [new ToolMessage({ tool_call_id: id, name, content: deviceRows() })] }
    })
    .addEdge(START, 'model')
    .addConditionalEdges(
      'model',
      ({ messages }) => {
        const last = messages.at(-1)
        if (!AIMessage.isInstance(last) || !last.tool_calls?.length) return END
        return last.tool_calls.map(({ id, name, args }) => new Send('tool', { id, name, args }))
      },
      ['tool', END]
    )
    .addEdge('tool', 'model')
    .compile({ checkpointer })
}

export type ConversationGraph = ReturnType<typeof createConversationGraph>

/** Asks one question and waits for its answer. */
export async function ask(graph: ConversationGraph, configurable: object, question: string) {
  const text = `[context]\ndate: 2026-11-23\nuser: jane\n[/context]\n${question}`
  const message = new HumanMessage({
    id: randomUUID(),
    content: text,
    additional_kwargs: { question }
  })
  return graph.invoke({ messages: [message] }, { configurable, durability: 'sync' })
}

function nextMessage(last: unknown, calls: number): AIMessage {
  if (!HumanMessage.isInstance(last)) {
    return new AIMessage({
      id: randomUUID(),
      content: `There are ${deviceRows().length} characters of devices in ams01, two of them planned: ${randomUUID()}.`
    })
  }
  const tool_calls = Array.from({ length: calls }, () => ({
    id: `call_${randomUUID()}`,
    name: 'find',
    args: { model: 'dcim.device', filters: { location: ['ams01'], status: ['Active'] }, limit: 20 },
    type: 'tool_call' as const
  }))
  return new AIMessage({ id: randomUUID(), content: '', tool_calls })
}

/** A tool's result as they are: rows of objects, no two alike. */
function deviceRows(): string {
  const rows: object[] = []
  for (let row = 0; JSON.stringify(rows).length < RESULT_BYTES; row += 1) {
    rows.push({
      id: randomUUID(),
      name: `ams01-leaf-${String(row).padStart(2, '0')}`,
      status: row % 7 === 0 ? 'Planned' : 'Active',
      role: 'leaf',
      location: 'AMS01',
      primary_ip4: `10.0.${row}.1/32`,
      device_type: 'DCS-7050SX3'
    })
  }
  return JSON.stringify(rows).slice(0, RESULT_BYTES)
}
