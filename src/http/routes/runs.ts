import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { withDeadline } from '../../platform/deadline.ts'
import type { RunCoordinator } from '../../runs/run.ts'
import { encodeAgUi } from '../codecs/ag-ui.ts'
import { type EventStreams, responseClosed } from '../codecs/sse.ts'
import { errorResponses, eventStreamSchema } from '../responses.ts'
import { toRunBody } from '../run-body.ts'
import { idSchema, runViewSchema } from '../schemas.ts'
import { runElicitations } from './run-elicitations.ts'

interface RunRoutesOptions {
  readonly runs: RunCoordinator
  readonly streams: EventStreams
}

const TAGS = ['Runs']
const paramsSchema = z.object({ runId: idSchema })
const eventIdSchema = z.string().regex(/^\d{1,9}-\d{1,9}$/, 'is not an event id of a run')

/** Foreign runs are not found, like runs that never were. */
export const runRoutes: FastifyPluginAsyncZod<RunRoutesOptions> = async (
  app,
  { runs, streams }
) => {
  await app.register(runElicitations, { runs })

  app.get(
    '/api/v1/runs/:runId',
    {
      config: { operation: 'runs.read', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Look at a run',
        params: paramsSchema,
        response: { 200: runViewSchema, ...errorResponses('RUN_NOT_FOUND') }
      }
    },
    async (request) => toRunBody(await runs.view(request.caller, request.params.runId))
  )

  app.get(
    '/api/v1/runs/:runId/events',
    {
      // A HEAD would hold a stream open that nobody reads.
      exposeHeadRoute: false,
      config: { operation: 'runs.events', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: "Follow a run's events",
        description:
          'Replays the log from after `Last-Event-ID` (header, or `lastEventId` in the query), then follows until the run ends.',
        params: paramsSchema,
        querystring: z.strictObject({ lastEventId: eventIdSchema.optional() }),
        headers: z.looseObject({ 'last-event-id': eventIdSchema.optional() }),
        response: {
          200: {
            description: 'AG-UI events.',
            content: { 'text/event-stream': { schema: eventStreamSchema } }
          },
          ...errorResponses('RUN_NOT_FOUND')
        }
      }
    },
    async (request, reply) => {
      const afterId = request.headers['last-event-id'] ?? request.query.lastEventId
      const { runId } = request.params
      const signal = responseClosed(reply)
      const events = runs.events(request.caller, runId, { afterId, signal })
      return streams.send(reply, await begin(events), encodeAgUi)
    }
  )

  app.post(
    '/api/v1/runs/:runId/cancel',
    {
      config: { operation: 'runs.cancel', access: 'chat' },
      schema: {
        tags: TAGS,
        summary: 'Stop a run',
        description: 'A run that has ended is left as it is.',
        params: paramsSchema,
        response: { 200: runViewSchema, ...errorResponses('RUN_NOT_FOUND') }
      }
    },
    async (request) => toRunBody(await runs.cancel(request.caller, request.params.runId))
  )
}

const MAX_FIRST_EVENT_WAIT_MS = 100

/** Waits a moment for the first item, so that a refusal becomes an error answer and not an empty stream. */
async function begin<Item>(source: AsyncIterable<Item>): Promise<AsyncIterable<Item>> {
  const iterator = source[Symbol.asyncIterator]()
  const first = iterator.next()
  await withDeadline(first, MAX_FIRST_EVENT_WAIT_MS)
  let next: Promise<IteratorResult<Item>> | undefined = first
  const resumed: AsyncIterator<Item> = {
    next() {
      const result = next ?? iterator.next()
      next = undefined
      return result
    },
    return: async (value) => (await iterator.return?.(value)) ?? { done: true, value }
  }
  return { [Symbol.asyncIterator]: () => resumed }
}
