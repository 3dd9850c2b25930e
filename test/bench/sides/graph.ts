import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import { OfficialLayout } from '../official-checkpoints.ts'
import { listen } from './listen.ts'

/** What one writes first: one node, ChatOpenAI, LangGraph's own token stream; with REDIS_URL, checkpoints too. */
const { MODEL_URL, REDIS_URL } = process.env
const model = new ChatOpenAI({
  model: 'bench',
  apiKey: 'unused',
  configuration: { baseURL: `${MODEL_URL}/v1` }
})
const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addEdge(START, 'model')
  .compile(REDIS_URL ? { checkpointer: new OfficialLayout(new Redis(REDIS_URL)) } : {})

async function* answer(message: string): AsyncGenerator<string> {
  const input = { messages: [{ role: 'user' as const, content: message }] }
  const configurable = { thread_id: randomUUID() }
  const durability = REDIS_URL ? 'sync' : 'exit'
  const options = { streamMode: 'messages' as const, configurable, durability } as const
  for await (const [chunk] of await graph.stream(input, options)) {
    yield `data: ${JSON.stringify({ delta: chunk.content })}\n\n`
  }
  yield 'data: [DONE]\n\n'
}

const app = fastify()
app.post<{ Body: { message: string } }>('/chat', async (request, reply) =>
  reply.type('text/event-stream').send(Readable.from(answer(request.body.message)))
)
await listen(app)
