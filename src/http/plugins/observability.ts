import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Metrics } from '../../platform/metrics.ts'

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/

interface ObservabilityOptions {
  readonly metrics: Metrics
}

/** The id that finds a request in every log: the client's own when it is a decent one. */
export function correlationIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID()
}

/** One line and one measurement for each request, when its response is over: also when the client left. */
export const observability = fastifyPlugin<ObservabilityOptions>(
  async (app, { metrics }) => {
    app.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id)
      const startedAt = performance.now()
      // Not onResponse: that one never comes when the client goes away in mid-answer.
      reply.raw.once('close', () => {
        const { statusCode, writableFinished } = reply.raw
        const durationMs = Math.round((performance.now() - startedAt) * 10) / 10
        const operation = operationOf(request)
        const status = writableFinished ? `${Math.floor(statusCode / 100)}xx` : 'left'
        metrics.httpRequests.observe({ operation, status }, durationMs / 1000)
        const line = {
          operation,
          method: request.method,
          status: statusCode,
          durationMs,
          user: request.caller?.username,
          ...(!writableFinished && { clientLeft: true })
        }
        // Probes come every few seconds and say nothing.
        if (operation.startsWith('probes.')) request.log.debug(line, 'request')
        else request.log.info(line, 'request')
      })
      done()
    })
  },
  { name: 'observability' }
)

function operationOf(request: FastifyRequest): string {
  return request.is404 ? 'unknown' : (request.routeOptions.config.operation ?? 'unnamed')
}
