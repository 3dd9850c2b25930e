import { isIP } from 'node:net'
import cors from '@fastify/cors'
import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

interface SecurityOptions {
  /** Origin of Nautobot's pages, the only foreign one that browsers may call us from. */
  readonly allowedOrigin: string | undefined
  /** LAB: the one name beside `localhost` and addresses that `Host` may carry. Undefined: no check. */
  readonly allowedHost: string | undefined
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
  async (app, { allowedOrigin, allowedHost }) => {
    app.addHook('onRequest', (request, reply, done) => {
      void reply.headers(HEADERS)
      // On a path of Nautobot's own host browsers send Nautobot's session: nothing here may see it.
      delete request.raw.headers.cookie
      const refused =
        allowedHost !== undefined && !isAllowed(request.headers.host ?? '', allowedHost)
      if (!refused) return done()
      const message = 'This service is open to local addresses only; the Host header names another.'
      done(new AppError('HOST_NOT_ALLOWED', message))
    })

    await app.register(cors, {
      origin: allowedOrigin === undefined ? false : [allowedOrigin],
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'last-event-id', 'x-request-id'],
      exposedHeaders: ['x-request-id', 'x-run-id', 'x-conversation-id', 'retry-after'],
      maxAge: PREFLIGHT_MAX_AGE_SECONDS
    })
  },
  { name: 'security' }
)

/** DNS rebinding needs a name: addresses cannot be rebound, and neither can `localhost`. */
function isAllowed(host: string, allowedHost: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '')
  if (!name) return false
  return (
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === allowedHost.toLowerCase()
  )
}
