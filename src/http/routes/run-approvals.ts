import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { RunCoordinator } from '../../runs/run.ts'
import { decisionsSchema } from '../approval-schemas.ts'
import { responseClosed } from '../codecs/sse.ts'
import { errorResponses } from '../responses.ts'
import { toRunBody } from '../run-body.ts'
import { idSchema, runViewSchema } from '../schemas.ts'

interface RunApprovalsOptions {
  readonly runs: Pick<RunCoordinator, 'decide'>
}

/** Where the asker of a run decides what of it may be carried out. */
export const runApprovals: FastifyPluginAsyncZod<RunApprovalsOptions> = async (app, { runs }) => {
  app.post(
    '/api/v1/runs/:runId/approvals',
    {
      config: { operation: 'runs.approve', access: 'chat' },
      schema: {
        tags: ['Runs'],
        summary: 'Approve or reject what a run waits for',
        description:
          'Each action is decided once; the same decision again changes nothing. Actions that are not named go on waiting, and nothing is carried out before all are decided. Then the run goes on: what was approved is carried out as it was shown, what was rejected is told to the model.',
        params: z.object({ runId: idSchema }),
        body: decisionsSchema,
        response: { 200: runViewSchema, ...DECISION_ERRORS }
      }
    },
    async (request, reply) => {
      const { caller, id: correlationId, params } = request
      const decisions = request.body.decisions.map((one) => ({ reason: undefined, ...one }))
      const context = { signal: responseClosed(reply), correlationId }
      return toRunBody(await runs.decide(caller, params.runId, { decisions, ...context }))
    }
  )
}

const DECISION_ERRORS = errorResponses(
  'RUN_NOT_FOUND',
  'ACTION_NOT_FOUND',
  'APPROVAL_DECIDED',
  'APPROVAL_LAPSED',
  'NAUTOBOT_REFUSED',
  'NAUTOBOT_UNAVAILABLE',
  'REDIS_UNAVAILABLE'
)
