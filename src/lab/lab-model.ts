import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { nextMove } from './lab-plan.ts'
import { type CompletionRequest, completionRequestSchema, readConversation } from './lab-request.ts'
import { LAB_MODEL_ID, streamedCompletion, wholeCompletion } from './lab-wire.ts'

export interface LabModelOptions {
  /** Pause before each word of a streamed answer, so that streaming can be seen. */
  readonly wordDelayMs?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/**
 * A model for trying things out: rules over a dozen kinds of questions, no language model. It speaks OpenAI's chat
 * completions at `{url}/v1`, needs no key, keeps nothing, and listens on the loopback address only.
 */
export interface LabModel {
  /** The address has no trailing slash and no `/v1`. Called once. */
  listen(): Promise<{ url: string }>
  close(): Promise<void>
}

const DEFAULT_WORD_DELAY_MS = 8
const MAX_BODY_BYTES = 8 * 1024 * 1024

export function createLabModel(options: LabModelOptions = {}): LabModel {
  const { wordDelayMs = DEFAULT_WORD_DELAY_MS, now = Date.now } = options
  const app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true })
  registerErrors(app)

  const model = { id: LAB_MODEL_ID, object: 'model', created: 0, owned_by: 'nautobot-ai-ops' }
  app.get('/v1/models', async () => ({ object: 'list', data: [model] }))

  app.post('/v1/chat/completions', async (request, reply) => {
    const parsed = completionRequestSchema.safeParse(request.body)
    if (!parsed.success) {
      return reply.code(400).send(errorBody('The request is not a chat completion request.'))
    }
    const completion = complete(parsed.data, now())
    if (!parsed.data.stream) return wholeCompletion(completion)
    const events = streamedCompletion(completion, {
      includeUsage: parsed.data.stream_options?.include_usage === true,
      delayMs: wordDelayMs,
      signal: responseClosed(reply)
    })
    void reply.type('text/event-stream').header('cache-control', 'no-store')
    return reply.send(Readable.from(events))
  })

  return {
    async listen() {
      return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
    },
    async close() {
      await app.close()
    }
  }
}

function complete(request: CompletionRequest, nowMs: number) {
  const conversation = readConversation(request)
  return {
    id: randomBytes(12).toString('hex'),
    created: Math.floor(nowMs / 1000),
    move: nextMove(conversation, nowMs),
    tools: conversation.tools,
    promptCharacters: request.messages.reduce((sum, { content }) => sum + content.length, 0)
  }
}

/** Aborts when the answer is complete or the client has left. */
function responseClosed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (reply.raw.closed) controller.abort()
  else reply.raw.once('close', () => controller.abort())
  return controller.signal
}

function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500
    const message = status < 500 ? 'The request could not be read.' : 'A defect of the lab model.'
    return reply.code(status).send(errorBody(message))
  })
  app.setNotFoundHandler((_request, reply) => {
    return reply.code(404).send(errorBody('The lab model has chat completions and models only.'))
  })
}

/** OpenAI's shape. */
function errorBody(message: string) {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } }
}
