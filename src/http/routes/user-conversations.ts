import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Conversations } from '../../conversations/conversations.ts'
import { deletedSchema } from '../conversation-schemas.ts'
import { errorResponses } from '../responses.ts'
import { idSchema } from '../schemas.ts'

interface UserConversationRoutesOptions {
  readonly conversations: Pick<Conversations, 'removeAll'>
}

/** Conversations of others: to be erased, never to be read. */
export const userConversationRoutes: FastifyPluginAsyncZod<UserConversationRoutesOptions> = async (
  app,
  { conversations }
) => {
  app.delete(
    '/api/v1/users/:userId/conversations',
    {
      config: { operation: 'users.erase-conversations', access: 'erase' },
      schema: {
        tags: ['Conversations'],
        summary: "Erase a user's conversations",
        description:
          'With all that was said in them. Runs under way are stopped first; a user without conversations is no error.',
        params: z.object({ userId: idSchema.describe("The user's id in Nautobot.") }),
        response: { 200: deletedSchema, ...errorResponses('REDIS_UNAVAILABLE') }
      }
    },
    async (request) => {
      const { caller, params } = request
      const deleted = await conversations.removeAll(params.userId)
      request.log.info(
        { by: caller.id, username: caller.username, userId: params.userId, deleted },
        'conversations of a user were erased'
      )
      return { deleted }
    }
  )
}
