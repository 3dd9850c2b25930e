import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { errorResponses } from '../responses.ts'

/** Booted and not draining. Later outages of others are errors where they matter, not a pod out of service. */
export interface Readiness {
  readonly isReady: boolean
  readonly isDraining: boolean
  /** Sentences: what it waits for. Empty when ready. */
  readonly reasons: readonly string[]
}

interface ProbesOptions {
  readonly readiness: () => Readiness
  readonly metrics: Metrics
}

const statusSchema = z.object({ status: z.literal('ok') })

export const probes: FastifyPluginAsyncZod<ProbesOptions> = async (app, { readiness, metrics }) => {
  const tags = ['Probes']

  app.get(
    '/livez',
    {
      config: { operation: 'probes.live', access: 'public' },
      schema: { tags, summary: 'Whether the process answers', response: { 200: statusSchema } }
    },
    () => ({ status: 'ok' as const })
  )

  app.get(
    '/readyz',
    {
      config: { operation: 'probes.ready', access: 'public' },
      schema: {
        tags,
        summary: 'Whether questions can be asked',
        response: { 200: statusSchema, ...errorResponses('NOT_READY', 'DRAINING') }
      }
    },
    () => {
      const { isReady, isDraining, reasons } = readiness()
      if (isReady && !isDraining) return { status: 'ok' as const }
      const code = isDraining ? 'DRAINING' : 'NOT_READY'
      throw new AppError(code, reasons.join(' ') || 'Not ready.', { details: { reasons } })
    }
  )

  app.get(
    '/metrics',
    {
      config: { operation: 'probes.metrics', access: 'public' },
      schema: {
        tags,
        summary: 'Metrics for Prometheus',
        response: {
          200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } }
        }
      }
    },
    async (_request, reply) => {
      const { contentType } = metrics.registry
      return reply.header('content-type', contentType).send(await metrics.read())
    }
  )
}
