import { isIP } from 'node:net'
import cors from '@fastify/cors'
import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Pages of other origins are refused, and not only kept from reading the answer. */
    refusesForeignOrigins?: boolean
  }
}

interface SecurityOptions {
  /** Origin of Nautobot's pages, the only foreign one that browsers may call us from. */
  readonly allowedOrigin: string | undefined
  /** LAB: the names that `Host` may carry beside `localhost` and addresses. Undefined: no check. */
  readonly allowedHosts: readonly string[] | undefined
}

const PREFLIGHT_MAX_AGE_SECONDS = 600

const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin'
} as const

/** What browsers must not do with this service, on every answer. */
export const security = fastifyPlugin<SecurityOptions>(
  async (app, { allowedOrigin, allowedHosts }) => {
    const names = allowedHosts && new Set(allowedHosts.map((name) => name.toLowerCase()))
    app.addHook('onRequest', (request, reply, done) => {
      void reply.headers(HEADERS)
      // On a path of Nautobot's own host browsers send Nautobot's session: nothing here may see it.
      delete request.raw.headers.cookie
      const { host = '', origin } = request.headers
      if (names !== undefined && !isAllowed(host, names)) {
        const message =
          'The Host header carries a name that is not expected here; AI_OPS_ALLOWED_HOSTS may add it.'
        return done(new AppError('HOST_NOT_ALLOWED', message))
      }
      // Our own pages' origin is known only where the Host header is checked.
      const own = names && [`http://${host}`, `https://${host}`]
      const isForeign = origin !== undefined && ![allowedOrigin, ...(own ?? [])].includes(origin)
      if (isForeign && request.routeOptions.config.refusesForeignOrigins)
        return done(new AppError('ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call here.'))
      done()
    })

    await app.register(cors, {
      origin: allowedOrigin === undefined ? false : [allowedOrigin],
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'last-event-id', 'x-request-id'],
      exposedHeaders: [
        'x-request-id',
        'x-run-id',
        'x-conversation-id',
        'retry-after',
        'content-disposition'
      ],
      maxAge: PREFLIGHT_MAX_AGE_SECONDS
    })
  },
  { name: 'security' }
)

/** DNS rebinding needs a name: addresses cannot be rebound, and neither can `localhost`. */
function isAllowed(host: string, allowedNames: ReadonlySet<string>): boolean {
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '')
  if (!name) return false
  return (
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    allowedNames.has(name)
  )
}
