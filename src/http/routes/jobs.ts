import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller } from '../../auth/caller.ts'
import { AppError } from '../../errors.ts'
import type { JobState } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import { errorResponses } from '../responses.ts'
import { idSchema } from '../schemas.ts'

export interface JobRoutesOptions {
  readonly scheduler: Pick<Scheduler, 'list' | 'run'>
}

const TAGS = ['Jobs']

const jobSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    schedule: z.string().describe('Cron expression, in UTC.'),
    running: z.boolean().describe('Here, or in any replica where all share the job.'),
    runId: idSchema.optional().describe('The run under way.'),
    lastRun: z
      .object({
        runId: idSchema,
        startedAt: z.iso.datetime(),
        durationMs: z.number(),
        outcome: z.enum(['succeeded', 'failed', 'timed-out', 'stopped']),
        detail: z.string().describe('A sentence for people.')
      })
      .optional()
      .describe('Wherever it ran, for a job that all replicas share; else in this replica.'),
    nextRunAt: z.iso.datetime().optional()
  })
  .meta({
    id: 'Job',
    examples: [
      {
        name: 'catalog-refresh',
        description: 'Reads LLM models, MCP servers and system prompts from Nautobot.',
        schedule: '* * * * *',
        running: false,
        lastRun: {
          runId: '0e0f6a52-6f0c-4b43-9d50-3c1f1a0e7b11',
          startedAt: '2026-03-01T09:00:00.012Z',
          durationMs: 184,
          outcome: 'succeeded',
          detail: 'unchanged: 2 LLM models, 1 MCP servers, 1 system prompts'
        },
        nextRunAt: '2026-03-01T09:01:00.000Z'
      }
    ]
  })

const listSchema = z.object({ jobs: z.array(jobSchema) })
const startedSchema = z.object({
  job: z.string(),
  started: z.literal(true),
  runId: idSchema.describe('Comes back as that of `lastRun` when the run is over.')
})
const nameSchema = z.string().regex(/^[a-z0-9-]{1,64}$/, 'is not the name of a job')

const iso = (time: number) => new Date(time).toISOString()

function toBody(state: JobState): z.input<typeof jobSchema> {
  const { runId, lastRun, nextRunAt, ...rest } = state
  return {
    ...rest,
    ...(runId !== undefined && { runId }),
    ...(lastRun && { lastRun: { ...lastRun, startedAt: iso(lastRun.startedAt) } }),
    ...(nextRunAt !== undefined && { nextRunAt: iso(nextRunAt) })
  }
}

function demandJob({ credential }: Caller, name: string): void {
  if (credential.kind !== 'job-token' || credential.job === name) return
  throw new AppError('FORBIDDEN', `This token may run ${credential.job} and no other job.`)
}

/** What this service does by itself, and when it last did. */
export const jobs: FastifyPluginAsyncZod<JobRoutesOptions> = async (app, { scheduler }) => {
  app.get(
    '/api/v1/jobs',
    {
      config: { operation: 'jobs.list', access: 'jobs' },
      schema: {
        tags: TAGS,
        summary: 'List background jobs',
        description: 'With the outcome of the last run of each.',
        response: { 200: listSchema, ...errorResponses('REDIS_UNAVAILABLE') }
      }
    },
    async () => ({ jobs: (await scheduler.list()).map(toBody) })
  )

  app.post(
    '/api/v1/jobs/:name/run',
    {
      config: { operation: 'jobs.run', access: 'jobs' },
      schema: {
        tags: TAGS,
        summary: 'Run a job now',
        description:
          'Answers at once; the outcome shows in the list. Demanded runs begin whenever the last one was.',
        params: z.object({ name: nameSchema }),
        response: {
          202: startedSchema,
          ...errorResponses('JOB_NOT_FOUND', 'JOB_RUNNING', 'REDIS_UNAVAILABLE', 'DRAINING')
        }
      }
    },
    async (request, reply) => {
      const { name } = request.params
      const { id, username } = request.caller
      demandJob(request.caller, name)
      const runId = await scheduler.run(name, { id, username })
      return reply.code(202).send({ job: name, started: true as const, runId })
    }
  )
}
