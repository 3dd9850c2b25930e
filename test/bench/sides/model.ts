import { createServer } from 'node:http'
import { announce } from './announce.ts'

/**
 * A provider that answers `tokens` tokens, `tokenMs` apart (0: all at once), as one stream of chat completion chunks.
 * The number of tokens rides in the model's name: `bench-200-0`.
 */
const server = createServer(async (request, response) => {
  const body = JSON.parse((await request.toArray()).join('') || '{}')
  const [, tokens = '20', tokenMs = '0'] = String(body.model).split('-')
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunks = chunksOf(Number(tokens))
  if (Number(tokenMs) === 0) return void response.end(chunks.join(''))
  for (const chunk of chunks) {
    if (response.destroyed) return
    response.write(chunk)
    await new Promise((resolve) => setTimeout(resolve, Number(tokenMs)))
  }
  response.end()
})

function chunksOf(tokens: number): string[] {
  const chunk = (delta: object, reason: string | null = null) =>
    `data: ${JSON.stringify({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 0,
      model: 'bench',
      choices: [{ index: 0, delta, finish_reason: reason }]
    })}\n\n`
  return [
    chunk({ role: 'assistant', content: '' }),
    ...Array.from({ length: tokens }, () => chunk({ content: 'word ' })),
    chunk({}, 'stop'),
    'data: [DONE]\n\n'
  ]
}

announce(server)
