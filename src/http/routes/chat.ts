import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import {
  eventOf,
  type LoggedEvent,
  type Question,
  type RunCoordinator,
  type RunView
} from '../../runs/run.ts'
import { foldEvent } from '../../runs/run-fold.ts'
import { startOutcome } from '../../runs/run-outcome.ts'
import { isRequest } from '../../runs/run-store.ts'
import { preferredType } from '../accept.ts'
import { type ChatOptionsSource, readChatOptions } from '../chat-options.ts'
import { encodeAgUi } from '../codecs/ag-ui.ts'
import { type EventStreams, responseClosed } from '../codecs/sse.ts'
import { errorResponses, eventStreamSchema } from '../responses.ts'
import { type ChatBody, toChatBody } from '../run-body.ts'
import { chatOptionsSchema, chatRequestSchema, chatResponseSchema } from '../schemas.ts'

interface ChatRouteOptions {
  readonly runs: RunCoordinator
  readonly streams: EventStreams
  readonly options: ChatOptionsSource
}

const TAGS = ['Chat']
const EVENT_STREAM = 'text/event-stream'
const ANSWER_TYPES = ['application/json', EVENT_STREAM] as const

export const chat: FastifyPluginAsyncZod<ChatRouteOptions> = async (
  app,
  { runs, streams, options }
) => {
  app.post(
    '/api/v1/chat',
    {
      config: { operation: 'chat.send', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Ask a question',
        description:
          'Starts a run and answers when it has ended, or waits for your approval; with `Accept: text/event-stream`, its events as they happen. The run goes on when the client leaves. The headers `X-Run-Id` and `X-Conversation-Id` name it.',
        body: chatRequestSchema,
        response: { ...CHAT_RESPONSE, ...CHAT_ERRORS }
      }
    },
    async (request, reply) => {
      const wantsEvents = preferredType(request.headers.accept, ANSWER_TYPES) === EVENT_STREAM
      const question = toQuestion(request.body, request)
      const { runId, conversationId } = await runs.start(question)
      void reply.headers({ 'x-run-id': runId, 'x-conversation-id': conversationId })
      const signal = responseClosed(reply)
      const events = runs.events(request.caller, runId, { afterId: undefined, signal })
      if (wantsEvents) return streams.send(reply, events, encodeAgUi)
      return answerWhenEnded(reply, events, { id: runId, conversationId })
    }
  )

  app.get(
    '/api/v1/chat/options',
    {
      config: { operation: 'chat.options', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'What can be chosen for a question',
        description: 'The LLM models you may use, the MCP servers, and who you are here.',
        response: { 200: chatOptionsSchema }
      }
    },
    (request, reply) =>
      readChatOptions(options, request.caller, {
        signal: responseClosed(reply),
        correlationId: request.id
      })
  )
}

const CHAT_RESPONSE = {
  200: {
    description: 'The answer.',
    content: {
      'application/json': { schema: chatResponseSchema },
      'text/event-stream': { schema: eventStreamSchema }
    }
  }
}

const CHAT_ERRORS = errorResponses(
  'UNKNOWN_MODEL',
  'UNKNOWN_TOOL_SERVER',
  'MODEL_NOT_PERMITTED',
  'CONVERSATION_NOT_FOUND',
  'MESSAGE_NOT_FOUND',
  'NOT_ACCEPTABLE',
  'CONVERSATION_BUSY',
  'CONVERSATION_FULL',
  'CONVERSATION_TAKEN_OVER',
  'CONVERSATION_TOO_NEW',
  'REDIS_UNAVAILABLE',
  'MODEL_NOT_CONFIGURED',
  'MODEL_FAILED',
  'MODEL_CREDENTIAL_REFUSED',
  'MODEL_RATE_LIMITED',
  'MODEL_INCOMPLETE',
  'CREDENTIAL_UNAVAILABLE',
  'NAUTOBOT_REFUSED',
  'DRAINING',
  'TOO_MANY_RUNS',
  'MODEL_TIMEOUT',
  'RUN_TIMEOUT'
)

function toQuestion(body: z.output<typeof chatRequestSchema>, request: FastifyRequest): Question {
  const { conversationId, message, replaces, after, model, mcpServers, pageContext, canAnswer } =
    body
  const { caller, id: correlationId } = request
  const branch = { replaces, after }
  return {
    caller,
    conversationId,
    message,
    ...branch,
    model,
    mcpServers,
    pageContext,
    canAnswer,
    correlationId
  }
}

async function answerWhenEnded(
  reply: FastifyReply,
  events: AsyncIterable<LoggedEvent>,
  run: Pick<RunView, 'id' | 'conversationId'>
): Promise<ChatBody | FastifyReply> {
  const outcome = startOutcome()
  for await (const logged of events) {
    const event = eventOf(logged)
    foldEvent(outcome, event)
    // It may be hours before anybody decides.
    if (isRequest(event)) break
  }
  if (reply.raw.destroyed) return reply.hijack()
  return toChatBody({ ...run, ...outcome })
}
