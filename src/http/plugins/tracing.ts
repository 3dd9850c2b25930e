import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { failSpan, type OpenSpan, openSpan } from '../../platform/tracing.ts'

/** Node's list is longer and grows: what is not here is no method of this service. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS'
])

/**
 * A span for each request, in the trace of whoever asks. No path and no query: what nobody has a route for may hold
 * anything. Probes make none.
 */
export const tracing = fastifyPlugin(
  async (app) => {
    const open = new WeakMap<FastifyRequest, OpenSpan>()
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.operation?.startsWith('probes.')) return done()
      const opened = openSpan(factsOf(request))
      open.set(request, opened)
      reply.raw.once('close', () => {
        const { statusCode, writableFinished } = reply.raw
        opened.span.setAttribute('http.response.status_code', statusCode)
        if (statusCode >= 500) failSpan(opened.span, String(statusCode))
        else if (!writableFinished) opened.span.setAttribute('ai_ops.client_left', true)
        opened.span.end()
      })
      opened.within(done)
    })
    // Behind a body, which comes in events of the connection, the place is another one.
    app.addHook('preValidation', (request, _reply, done) => {
      const opened = open.get(request)
      if (opened) opened.within(done)
      else done()
    })
  },
  { name: 'tracing' }
)

function factsOf(request: FastifyRequest) {
  const { config, url: route } = request.routeOptions
  const isKnown = !request.is404 && route !== undefined
  const method = METHODS.has(request.method) ? request.method : '_OTHER'
  const { traceparent } = request.headers
  return {
    name: isKnown ? `${method} ${route}` : method,
    kind: 'server' as const,
    attributes: {
      'http.request.method': method,
      'url.scheme': request.protocol,
      'ai_ops.correlation_id': request.id,
      ...(isKnown && { 'http.route': route, 'ai_ops.operation': config.operation ?? 'unnamed' })
    },
    // Anything but one header begins a trace.
    parent: typeof traceparent === 'string' ? traceparent : ''
  }
}
