import { createHash } from 'node:crypto'
import rateLimiter from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

interface RateLimitOptions {
  /** Of one user, or of one address without a user. */
  readonly maxPerMinute: number
  /** Requests of one address with one refused identity: each costs Nautobot an answer. */
  readonly maxRefusedPerMinute: number
  /** Users, addresses and refused identities remembered at a time, of each kind. */
  readonly maxEntries: number
}

/**
 * Counts in memory: each replica has its own share. Registered before authentication, so that a client that keeps
 * sending a refused identity ends there; a user's requests are counted after it, by hooks of the routes. Refusals
 * count against the refused identity at that address alone: many people share the address of one proxy.
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

    const ofRefusals = {
      max: maxRefusedPerMinute,
      // Missing in the plugin's types, and not inherited: its own number would count.
      cache: maxEntries,
      keyGenerator: (request: FastifyRequest) => `refused ${fingerprintOf(request)}`
    }
    const countRefusal = app.createRateLimit(ofRefusals)
    app.addHook('onError', async (request, _reply, error) => {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') await countRefusal(request)
    })
    app.addHook('onRequest', async (request) => {
      if (request.routeOptions.config.access === 'public') return
      const refusals = await countRefusal(request, { increment: false })
      if (refusals.isAllowed || refusals.remaining > 0) return
      throw tooMany(maxRefusedPerMinute, 'requests with an identity that is refused', refusals.ttl)
    })
  },
  { name: 'rate-limit' }
)

/** Of the address and what it claims to be; the claim itself may be a key and is not remembered. */
function fingerprintOf({ ip, headers: { authorization = '' } }: FastifyRequest): string {
  return createHash('sha256').update(`${ip} ${authorization}`).digest('base64url')
}

function tooMany(max: number, what: string, ttlMs: number): AppError {
  const retryAfterSeconds = Math.ceil(ttlMs / 1000)
  const message = `More than ${max} ${what} a minute; wait ${retryAfterSeconds} seconds.`
  return new AppError('RATE_LIMITED', message, { details: { retryAfterSeconds } })
}
