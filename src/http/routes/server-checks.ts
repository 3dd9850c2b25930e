import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { HealthCheck } from '../../mcp/health-check.ts'
import { responseClosed } from '../codecs/sse.ts'
import { healthSchema, toHealthBody } from '../health-body.ts'
import { plainText } from '../plain-text.ts'
import { errorResponses } from '../responses.ts'

interface ServerCheckOptions {
  readonly check: Pick<HealthCheck, 'checkNow'>
}

const MAX_ID_CHARACTERS = 300

const paramsSchema = z.object({
  id: plainText(MAX_ID_CHARACTERS).describe('Id of the server, also of one from the environment.')
})

/** Whether an MCP server can be used, looked at now. */
export const serverChecks: FastifyPluginAsyncZod<ServerCheckOptions> = async (app, { check }) => {
  app.post(
    '/api/v1/mcp-servers/:id/check',
    {
      config: { operation: 'mcp-servers.check', access: 'operate' },
      schema: {
        tags: ['MCP servers'],
        summary: 'Check the health of an MCP server now',
        description:
          'Negotiates with it and asks for its tools, with its credential. What is found shows in the list, and counts at once: the status in Nautobot becomes Healthy or Failed, unless it is Maintenance.',
        params: paramsSchema,
        response: {
          200: healthSchema,
          ...errorResponses('OBJECT_NOT_FOUND', 'NAUTOBOT_REFUSED')
        }
      }
    },
    async (request, reply) => {
      const context = { signal: responseClosed(reply), correlationId: request.id }
      return toHealthBody(await check.checkNow(request.params.id, context))
    }
  )
}
