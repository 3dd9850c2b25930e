import { Readable } from 'node:stream'
import { ChatOpenAI } from '@langchain/openai'
import fastify from 'fastify'
import { createAgent } from 'langchain'
import { listen } from './listen.ts'

/** LangChain's ready-made agent, without tools. */
const model = new ChatOpenAI({
  model: 'bench',
  apiKey: 'unused',
  configuration: { baseURL: `${process.env.MODEL_URL}/v1` }
})
const agent = createAgent({ model, tools: [] })

async function* answer(message: string): AsyncGenerator<string> {
  const input = { messages: [{ role: 'user', content: message }] }
  for await (const [chunk] of await agent.stream(input, { streamMode: 'messages' })) {
    yield `data: ${JSON.stringify({ delta: (chunk as { content: unknown }).content })}\n\n`
  }
  yield 'data: [DONE]\n\n'
}

const app = fastify()
app.post<{ Body: { message: string } }>('/chat', async (request, reply) =>
  reply.type('text/event-stream').send(Readable.from(answer(request.body.message)))
)
await listen(app)
