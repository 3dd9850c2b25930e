import { createServer, type ServerResponse } from 'node:http'
import { announce } from './announce.ts'

/** How many tokens, how many milliseconds apart (0: all at once), and a name: `bench-200-20-x`. */
const WISH = /bench-(\d+)-(\d+)-([\w-]*)/
const CLOSED = /^\/closed\/([\w-]+)$/

/** When (ms since the epoch) a request was given up by who made it, by its name. */
const closedAt = new Map<string, number>()

/** A provider that answers what the question itself wishes for, as one stream of chat completion chunks. */
const server = createServer(async (request, response) => {
  const [, asked] = CLOSED.exec(request.url ?? '') ?? []
  if (asked) {
    response.writeHead(200, { 'content-type': 'application/json' })
    return void response.end(JSON.stringify({ closedAt: closedAt.get(asked) ?? null }))
  }
  const { messages = [] } = JSON.parse((await request.toArray()).join('') || '{}')
  const [, tokens = '20', tokenMs = '0', name = ''] =
    WISH.exec(JSON.stringify(messages.at(-1))) ?? []
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.on('close', () => {
    if (name && !response.writableFinished) closedAt.set(name, Date.now())
  })
  const chunks = chunksOf(Number(tokens))
  if (Number(tokenMs) === 0) return void response.end(chunks.join(''))
  await paced(response, chunks, Number(tokenMs))
})

/** A late one does not delay those after it. */
async function paced(response: ServerResponse, chunks: readonly string[], tokenMs: number) {
  const startedAt = performance.now()
  for (const [place, chunk] of chunks.entries()) {
    if (response.destroyed) return
    response.write(chunk)
    const waitMs = startedAt + (place + 1) * tokenMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
  response.end()
}

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
