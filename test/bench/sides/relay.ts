import { Readable } from 'node:stream'
import fastify from 'fastify'
import { listen } from './listen.ts'

/** The floor: Fastify passes the provider's bytes on, and does nothing else. */
const app = fastify()
app.post<{ Body: { message: string } }>('/chat', async (request, reply) => {
  const answer = await fetch(`${process.env.MODEL_URL}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'bench',
      stream: true,
      messages: [{ role: 'user', content: request.body.message }]
    })
  })
  if (!answer.body) throw new Error('The model gave no body')
  return reply.type('text/event-stream').send(Readable.fromWeb(answer.body as never))
})
await listen(app)
