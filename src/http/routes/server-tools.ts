import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ServerTools } from '../../mcp/server-tools.ts'
import { responseClosed } from '../codecs/sse.ts'
import { plainText } from '../plain-text.ts'
import { errorResponses } from '../responses.ts'

interface ServerToolsOptions {
  readonly tools: ServerTools
}

const MAX_ID_CHARACTERS = 300

const paramsSchema = z.object({
  id: plainText(MAX_ID_CHARACTERS).describe('Id of the server, also of one from the environment.')
})

const toolSchema = z
  .object({
    name: z
      .string()
      .describe('As models are offered it; with a mark where a tool of another server has it too.'),
    rawName: z.string().describe('As the server names it, and as the lists of names mean it.'),
    description: z.string(),
    offered: z.boolean().describe('Not when the lists of allowed and denied tools leave it out.'),
    readOnly: z.boolean().describe('Whether it runs without approval.'),
    changed: z.boolean().describe('Its description or schema is not what was accepted.')
  })
  .meta({ id: 'ServerTool' })

const leftOutSchema = z.object({ name: z.string(), reason: z.string() })

const listSchema = z
  .object({
    tools: z.array(toolSchema),
    leftOut: z.array(leftOutSchema).describe('Tools that no model can be offered, and why.')
  })
  .meta({ id: 'ServerTools' })

const names = z.array(z.string())

const refreshedSchema = listSchema
  .extend({
    added: names.describe('By the names that the server gives, like the next two.'),
    removed: names,
    changed: names.describe('Whose description or schema was another one. They are accepted now.')
  })
  .meta({ id: 'RefreshedServerTools' })

const errors = errorResponses('OBJECT_NOT_FOUND', 'NAUTOBOT_REFUSED', 'TOOL_SERVER_FAILED')

/** What an MCP server offers, asked now. */
export const serverTools: FastifyPluginAsyncZod<ServerToolsOptions> = async (app, { tools }) => {
  app.get(
    '/api/v1/mcp-servers/:id/tools',
    {
      config: { operation: 'mcp-servers.tools', access: 'operate' },
      schema: {
        tags: ['MCP servers'],
        summary: 'List the tools of an MCP server',
        description: 'Asks the server now, with its credential, whether it is enabled or not.',
        params: paramsSchema,
        response: { 200: listSchema, ...errors }
      }
    },
    async (request, reply) => {
      const context = { signal: responseClosed(reply), correlationId: request.id }
      const { tools: listed, leftOut } = await tools.list(request.params.id, context)
      return { tools: [...listed], leftOut: [...leftOut] }
    }
  )

  app.post(
    '/api/v1/mcp-servers/:id/refresh',
    {
      config: { operation: 'mcp-servers.refresh', access: 'operate' },
      schema: {
        tags: ['MCP servers'],
        summary: 'Refresh the tools of an MCP server',
        description:
          'Asks the server now, and accepts its tools as they are: those that had changed are flagged no more. Other replicas ask again within five minutes.',
        params: paramsSchema,
        response: { 200: refreshedSchema, ...errors, ...errorResponses('REDIS_UNAVAILABLE') }
      }
    },
    async (request, reply) => {
      const context = { signal: responseClosed(reply), correlationId: request.id }
      const found = await tools.refresh(request.params.id, context)
      return {
        tools: [...found.tools],
        leftOut: [...found.leftOut],
        added: [...found.added],
        removed: [...found.removed],
        changed: [...found.changed]
      }
    }
  )
}
