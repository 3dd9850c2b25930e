import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { fileNameOf, toMarkdown } from '../../conversations/conversation-export.ts'
import { oneLine } from '../../conversations/conversation-summary.ts'
import type { Conversations } from '../../conversations/conversations.ts'
import type { ErrorCode } from '../../errors.ts'
import {
  decodeCursor,
  encodeCursor,
  toConversationBody,
  toSummaryBody
} from '../conversation-body.ts'
import {
  conversationListSchema,
  conversationParamsSchema,
  conversationQuerySchema,
  conversationSchema,
  conversationSummarySchema,
  deletedSchema,
  exportQuerySchema,
  markdownSchema,
  readQuerySchema,
  renameSchema
} from '../conversation-schemas.ts'
import { errorResponses } from '../responses.ts'

interface ConversationRoutesOptions {
  readonly conversations: Conversations
}

const TAGS = ['Conversations']
const LIST = '/api/v1/conversations'
const ONE = `${LIST}/:id`
const STORE_ERRORS: readonly ErrorCode[] = ['REDIS_UNAVAILABLE']
const ONE_ERRORS: readonly ErrorCode[] = [
  'CONVERSATION_NOT_FOUND',
  'CONVERSATION_TOO_NEW',
  ...STORE_ERRORS
]
const READ_ERRORS: readonly ErrorCode[] = ['MESSAGE_NOT_FOUND', ...ONE_ERRORS]
const OWN = 'Of your own ones; those of others are not found.'

/** A caller's own conversations: foreign ones are not found, like conversations that never were. */
export const conversationRoutes: FastifyPluginAsyncZod<ConversationRoutesOptions> = async (
  app,
  options
) => {
  await app.register(readRoutes, options)
  await app.register(exportRoute, options)
  await app.register(writeRoutes, options)
}

const readRoutes: FastifyPluginAsyncZod<ConversationRoutesOptions> = async (
  app,
  { conversations }
) => {
  app.get(
    LIST,
    {
      config: { operation: 'conversations.list', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'List your conversations',
        description: 'Those asked last come first.',
        querystring: conversationQuerySchema,
        response: { 200: conversationListSchema, ...errorResponses(...STORE_ERRORS) }
      }
    },
    async (request) => {
      const { limit, cursor, search } = request.query
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      const page = await conversations.list(request.caller.id, { limit, after, search })
      return {
        conversations: page.conversations.map(toSummaryBody),
        ...(page.next && { nextCursor: encodeCursor(page.next) })
      }
    }
  )

  app.get(
    ONE,
    {
      config: { operation: 'conversations.read', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Read a conversation',
        description: `With its messages and the calls of tools, of one branch. ${OWN}`,
        params: conversationParamsSchema,
        querystring: readQuerySchema,
        response: { 200: conversationSchema, ...errorResponses(...READ_ERRORS) }
      }
    },
    async ({ caller, params, query }) =>
      toConversationBody(await conversations.read(caller.id, params.id, query.at))
  )
}

const exportRoute: FastifyPluginAsyncZod<ConversationRoutesOptions> = async (
  app,
  { conversations }
) => {
  app.get(
    `${ONE}/export`,
    {
      config: { operation: 'conversations.export', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Export a conversation',
        description: `As a file to keep. ${OWN}`,
        params: conversationParamsSchema,
        querystring: exportQuerySchema,
        response: {
          200: {
            description: 'The file.',
            content: {
              'text/markdown': { schema: markdownSchema },
              'application/json': { schema: conversationSchema }
            }
          },
          ...errorResponses(...READ_ERRORS)
        }
      }
    },
    async ({ caller, params, query }, reply) => {
      const conversation = await conversations.read(caller.id, params.id, query.at)
      const isJson = query.format === 'json'
      const file = `${fileNameOf(conversation.title)}.${isJson ? 'json' : 'md'}`
      void reply.header('content-disposition', `attachment; filename="${file}"`)
      if (isJson) return toConversationBody(conversation)
      void reply.type('text/markdown; charset=utf-8')
      return reply.send(toMarkdown(conversation))
    }
  )
}

const writeRoutes: FastifyPluginAsyncZod<ConversationRoutesOptions> = async (
  app,
  { conversations }
) => {
  app.patch(
    ONE,
    {
      config: { operation: 'conversations.rename', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Rename a conversation',
        description: OWN,
        params: conversationParamsSchema,
        body: renameSchema,
        response: { 200: conversationSummarySchema, ...errorResponses(...ONE_ERRORS) }
      }
    },
    async ({ caller, params, body }) =>
      toSummaryBody(await conversations.rename(caller.id, params.id, oneLine(body.title)))
  )

  app.delete(
    ONE,
    {
      config: { operation: 'conversations.delete', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Delete a conversation',
        description: `A run under way is stopped first. ${OWN}`,
        params: conversationParamsSchema,
        response: { 204: z.null().describe('It is gone.'), ...errorResponses(...ONE_ERRORS) }
      }
    },
    async (request, reply) => {
      await conversations.remove(request.caller.id, request.params.id)
      return reply.code(204).send(null)
    }
  )

  app.delete(
    LIST,
    {
      config: { operation: 'conversations.delete-all', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Delete all your conversations',
        description: 'Runs under way are stopped first.',
        response: { 200: deletedSchema, ...errorResponses(...STORE_ERRORS) }
      }
    },
    async (request) => ({ deleted: await conversations.removeAll(request.caller.id) })
  )
}
