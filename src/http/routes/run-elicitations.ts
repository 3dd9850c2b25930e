import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ElicitationAnswer } from '../../elicitation.ts'
import type { RunCoordinator } from '../../runs/run.ts'
import { responseClosed } from '../codecs/sse.ts'
import { elicitationAnswerSchema } from '../elicitation-schemas.ts'
import { errorResponses } from '../responses.ts'
import { idSchema } from '../schemas.ts'

interface RunElicitationsOptions {
  readonly runs: Pick<RunCoordinator, 'answer'>
}

/** Where the asker of a run answers what an MCP server asks in the middle of a call. */
export const runElicitations: FastifyPluginAsyncZod<RunElicitationsOptions> = async (
  app,
  { runs }
) => {
  app.post(
    '/api/v1/runs/:runId/elicitations/:elicitationId',
    {
      config: { operation: 'runs.answer', access: 'chat' },
      schema: {
        tags: ['Runs'],
        summary: 'Answer a form of an MCP server',
        description:
          "Each form of the run's `elicitations` is answered once. The values go to the MCP server that asks, and are kept nowhere.",
        params: z.object({ runId: idSchema, elicitationId: idSchema }),
        body: elicitationAnswerSchema,
        response: { 204: z.null().describe('The answer is on its way.'), ...ANSWER_ERRORS }
      }
    },
    async (request, reply) => {
      const { caller, id: correlationId, params } = request
      const { action, content = {} } = request.body
      const answer: ElicitationAnswer = action === 'accept' ? { action, content } : { action }
      const { elicitationId } = params
      const signal = responseClosed(reply)
      await runs.answer(caller, params.runId, { elicitationId, answer, signal, correlationId })
      return reply.code(204).send(null)
    }
  )
}

const ANSWER_ERRORS = errorResponses(
  'RUN_NOT_FOUND',
  'ELICITATION_NOT_FOUND',
  'ELICITATION_ANSWERED',
  'ELICITATION_LAPSED',
  'REDIS_UNAVAILABLE'
)
