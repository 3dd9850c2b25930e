import rateLimiter from '@fastify/rate-limit'
import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

interface RateLimitOptions {
  /** Of one user, or of one address without a user. */
  readonly maxPerMinute: number
  /** Requests of one address whose identity is refused: each costs Nautobot an answer. */
  readonly maxRefusedPerMinute: number
  /** Users and addresses remembered at a time. */
  readonly maxEntries: number
}

/**
 * Counts in memory: each replica has its own share. Registered before authentication, so that guessing identities
 * ends there; a user's requests are counted after it, by hooks of the routes.
 */
export const rateLimit = fastifyPlugin<RateLimitOptions>(
  async (app, { maxPerMinute, maxRefusedPerMinute, maxEntries }) => {
    await app.register(rateLimiter, {
      max: maxPerMinute,
      timeWindow: 60_000,
      cache: maxEntries,
      keyGenerator: ({ caller, ip }) => (caller ? `user ${caller.id}` : `address ${ip}`),
      allowList: (request) => request.routeOptions.config.operation?.startsWith('probes.') ?? false,
      errorResponseBuilder: (_request, { ttl }) => tooMany(maxPerMinute, 'requests', ttl)
    })

    const countRefusal = app.createRateLimit({
      max: maxRefusedPerMinute,
      keyGenerator: ({ ip }) => `refused ${ip}`
    })
    app.addHook('onError', async (request, _reply, error) => {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') await countRefusal(request)
    })
    app.addHook('onRequest', async (request) => {
      if (request.routeOptions.config.access === 'public') return
      const refusals = await countRefusal(request, { increment: false })
      if (refusals.isAllowed || refusals.remaining > 0) return
      throw tooMany(maxRefusedPerMinute, 'requests without a valid identity', refusals.ttl)
    })
  },
  { name: 'rate-limit' }
)

function tooMany(max: number, what: string, ttlMs: number): AppError {
  const retryAfterSeconds = Math.ceil(ttlMs / 1000)
  const message = `More than ${max} ${what} a minute; wait ${retryAfterSeconds} seconds.`
  return new AppError('RATE_LIMITED', message, { details: { retryAfterSeconds } })
}
