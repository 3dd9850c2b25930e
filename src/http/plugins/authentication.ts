import type { RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Authenticate } from '../../auth/authenticator.ts'
import type { Access, Caller } from '../../auth/caller.ts'
import { responseClosed } from '../codecs/sse.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    /** Stable name for logs, metrics and the OpenAPI document: `chat.send`. */
    operation?: string
    access?: Access
  }
}

interface AuthenticationOptions {
  readonly authenticate: Authenticate
}

/** Every route says who may call it. One that does not say so stops the service from booting. */
export const authentication = fastifyPlugin<AuthenticationOptions>(
  async (app, { authenticate }) => {
    const routes: RouteOptions[] = []
    app.decorateRequest('caller')
    app.addHook('onRoute', (route) => void routes.push(route))

    // Checked once all plugins are in: a scope may still declare access for a third-party plugin.
    app.addHook('onReady', async () => {
      const undeclared = routes
        .filter(({ method, config }) => method !== 'OPTIONS' && !config?.access)
        .map(({ url }) => url)
      if (undeclared.length > 0) throw new Error(`No config.access on: ${undeclared.join(', ')}`)
    })

    app.addHook('onRequest', async (request, reply) => {
      const { access = 'chat' } = request.routeOptions.config
      // Preflights carry no credentials and unknown paths are nobody's: CORS and the 404 answer them.
      if (access === 'public' || request.is404 || request.method === 'OPTIONS') return
      request.caller = await authenticate(request.headers.authorization, access, {
        signal: responseClosed(reply),
        correlationId: request.id
      })
    })
  },
  { name: 'authentication' }
)
