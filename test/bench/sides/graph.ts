import { Readable } from 'node:stream'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import fastify from 'fastify'
import { listen } from './listen.ts'

/** What one writes first: one node, ChatOpenAI, LangGraph's own token stream. */
const model = new ChatOpenAI({
  model: process.env.MODEL_NAME ?? '',
  apiKey: 'unused',
  configuration: { baseURL: `${process.env.MODEL_URL}/v1` }
})
const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addEdge(START, 'model')
  .compile()

async function* answer(message: string): AsyncGenerator<string> {
  const input = { messages: [{ role: 'user' as const, content: message }] }
  for await (const [chunk] of await graph.stream(input, { streamMode: 'messages' })) {
    yield `data: ${JSON.stringify({ delta: chunk.content })}\n\n`
  }
}

const app = fastify()
app.post<{ Body: { message: string } }>('/chat', async (request, reply) =>
  reply.type('text/event-stream').send(Readable.from(answer(request.body.message)))
)
await listen(app)
