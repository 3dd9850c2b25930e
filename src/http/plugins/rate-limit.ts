import rateLimiter from '@fastify/rate-limit'
import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

interface RateLimitOptions {
  readonly maxPerMinute: number
  /** Users and addresses remembered at a time. */
  readonly maxEntries: number
}

/** Counts in memory: each replica has its own share of a user's requests. Registered after authentication. */
export const rateLimit = fastifyPlugin<RateLimitOptions>(
  async (app, { maxPerMinute, maxEntries }) => {
    await app.register(rateLimiter, {
      max: maxPerMinute,
      timeWindow: 60_000,
      cache: maxEntries,
      keyGenerator: ({ caller, ip }) => (caller ? `user ${caller.id}` : `address ${ip}`),
      allowList: (request) => request.routeOptions.config.operation?.startsWith('probes.') ?? false,
      errorResponseBuilder: (_request, { ttl }) => {
        const retryAfterSeconds = Math.ceil(ttl / 1000)
        const message = `More than ${maxPerMinute} requests a minute; wait ${retryAfterSeconds} seconds.`
        return new AppError('RATE_LIMITED', message, { details: { retryAfterSeconds } })
      }
    })
  },
  { name: 'rate-limit' }
)
