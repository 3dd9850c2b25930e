import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ModelProbes } from '../../llm/model-probes.ts'
import { responseClosed } from '../codecs/sse.ts'
import { plainText } from '../plain-text.ts'
import { probeSchema, toProbeBody } from '../probe-body.ts'
import { errorResponses } from '../responses.ts'

interface ModelProbeOptions {
  readonly probes: Pick<ModelProbes, 'probe'>
}

const MAX_ID_CHARACTERS = 300

const paramsSchema = z.object({
  id: plainText(MAX_ID_CHARACTERS).describe('Id of the model, also of one from the environment.')
})

/** Whether an LLM model can be used, before somebody does. */
export const modelProbes: FastifyPluginAsyncZod<ModelProbeOptions> = async (app, { probes }) => {
  app.post(
    '/api/v1/llm-models/:id/probe',
    {
      config: { operation: 'llm-models.probe', access: 'operate' },
      schema: {
        tags: ['LLM models'],
        summary: 'Probe an LLM model',
        description:
          'Asks the model one small question with one tool, as a stream, and says in one sentence what is wrong. Also for a model that is not enabled. The outcome shows in the list and in the chat.',
        params: paramsSchema,
        response: {
          200: probeSchema,
          ...errorResponses('OBJECT_NOT_FOUND', 'NAUTOBOT_REFUSED')
        }
      }
    },
    async (request, reply) => {
      const context = { signal: responseClosed(reply), correlationId: request.id }
      return toProbeBody(await probes.probe(request.params.id, context))
    }
  )
}
