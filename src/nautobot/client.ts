import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios'
import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import type { GraphqlAnswer, NautobotCall, NautobotClient } from './client.types.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { graphqlProblems, refused, unreachable } from './refusal.ts'
import { encode, parse, withQuery } from './wire-format.ts'

const MAX_QUEUED = 1_000
const MAX_QUEUE_WAIT_MS = 10_000
/** What a header may carry: anything else is no token of Nautobot's. */
const TOKEN = /^[\x21-\x7e]{1,500}$/

/** One request that was sent, for metrics and the log. */
export interface NautobotRequest {
  readonly method: string
  readonly path: string
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  readonly durationMs: number
  readonly correlationId: string
}

export interface NautobotClientOptions {
  /** Nautobot's address as this service reaches it, perhaps with a path prefix. No proxy is used. */
  readonly url: string
  /** Nautobot's address for browsers. */
  readonly publicUrl: string
  /** From the first byte sent to the last received; waiting for a place in flight is not counted. */
  readonly timeoutMs: number
  /** Requests in flight; see {@link createInFlight}. */
  readonly maxInFlight: number
  readonly maxInFlightPerToken: number
  readonly maxQueued?: number
  readonly maxQueueWaitMs?: number
  readonly maxResponseBytes: number
  readonly verifyTls: boolean
  /** Called once for each request on the wire; must not throw. */
  readonly onRequest?: (request: NautobotRequest) => void
}

interface Wire {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** May be sent again when the connection is reset: it changes nothing. */
  readonly repeatable: boolean
}

/** A time-out of our own and the caller's signal as one signal, without a timer or a listener left behind. */
function bounded(call: NautobotCall, timeoutMs: number) {
  const controller = new AbortController()
  const abort = () => controller.abort()
  let late = false
  const timer = setTimeout(() => {
    late = true
    abort()
  }, call.timeoutMs ?? timeoutMs)
  call.signal.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    late: () => late,
    release: () => {
      clearTimeout(timer)
      call.signal.removeEventListener('abort', abort)
    }
  }
}

function answer({ status, data }: AxiosResponse<string>): unknown {
  const body = parse(data)
  if (status < 200 || status >= 300) throw refused(status, body)
  if (data === '') return undefined
  if (typeof body === 'string' && !data.startsWith('"'))
    throw new AppError(
      'NAUTOBOT_UNAVAILABLE',
      'What answers at NAUTOBOT_URL is a page, not the REST API of a Nautobot.'
    )
  return body
}

/** Never passes an axios error on: it carries the request's headers, hence the token. */
function failure(error: unknown, maxResponseBytes: number): AppError {
  if (error instanceof AppError) return error
  if (!isAxiosError(error)) return AppError.from(error)
  if (error.message.includes('maxContentLength'))
    return new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's answer is too large. Ask for less.", {
      details: { maxBytes: maxResponseBytes }
    })
  return unreachable(error.code ?? 'unknown')
}

const isReset = (error: unknown) => isAxiosError(error) && error.code === 'ECONNRESET'

function createTransport(options: NautobotClientOptions): AxiosInstance {
  return axios.create({
    adapter: 'http',
    baseURL: options.url.replace(/\/+$/, ''),
    // uWSGI's router closes after each answer without saying so: a kept connection loses requests.
    httpAgent: new HttpAgent({ keepAlive: false }),
    httpsAgent: new HttpsAgent({ keepAlive: false, rejectUnauthorized: options.verifyTls }),
    proxy: false,
    maxRedirects: 0,
    maxContentLength: options.maxResponseBytes,
    responseType: 'text',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true
  })
}

async function enter(inFlight: InFlight, call: NautobotCall): Promise<() => void> {
  const token = call.token.reveal()
  if (!TOKEN.test(token)) throw new AppError('UNAUTHENTICATED', 'This is not a Nautobot API token.')
  const entered = await inFlight.enter(token, call.signal)
  if (typeof entered === 'function') return entered
  throw new AppError('NAUTOBOT_UNAVAILABLE', 'Too many requests are waiting for Nautobot.', {
    cause: new Error(entered)
  })
}

/** Sends one request and reads its answer; `onRequest` hears of it either way. */
function createExchange(options: NautobotClientOptions) {
  const transport = createTransport(options)
  return async (wire: Wire, call: NautobotCall): Promise<unknown> => {
    const { method, path } = wire
    const limit = bounded(call, options.timeoutMs)
    const startedAt = performance.now()
    let status: number | undefined
    try {
      const response = await transport.request<string>({
        method,
        url: path,
        signal: limit.signal,
        headers: {
          Accept: 'application/json',
          'User-Agent': 'nautobot-ai-ops',
          Authorization: `Token ${call.token.reveal()}`,
          'X-Request-ID': call.correlationId,
          ...(wire.body !== undefined && { 'Content-Type': 'application/json' })
        },
        ...(wire.body !== undefined && { data: encode(wire.body) })
      })
      status = response.status
      return answer(response)
    } catch (error) {
      call.signal.throwIfAborted()
      throw limit.late() ? unreachable('ETIMEDOUT') : error
    } finally {
      limit.release()
      const durationMs = performance.now() - startedAt
      const { correlationId } = call
      options.onRequest?.({
        method,
        path: path.split('?')[0] ?? path,
        status,
        durationMs,
        correlationId
      })
    }
  }
}

/** A resolver's error comes with status 200 and data of null; a wrong query with 400. Both read the same here. */
function graphqlData(body: unknown): Readonly<Record<string, unknown>> {
  const { data, errors } = Object(body) as { data?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) throw refused(400, { errors })
  if (!isRecord(data))
    throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's GraphQL answer has no data.")
  return data
}

function graphqlAnswer(body: unknown): GraphqlAnswer {
  const { data, errors } = Object(body) as { data?: unknown; errors?: unknown }
  const problems = Array.isArray(errors) ? graphqlProblems(errors) : []
  if (problems.length === 0 || !isRecord(data)) return { data: graphqlData(body), problems }
  return { data, problems }
}

/**
 * The HTTP client of one Nautobot, for every identity: who asks is an argument of each call.
 *
 * Aborting a call's signal closes its connection and throws the signal's reason. Requests beyond the
 * bounds wait their turn; when too many wait, or one waits too long, it is NAUTOBOT_UNAVAILABLE.
 */
export function createNautobotClient(options: NautobotClientOptions): NautobotClient {
  const exchange = createExchange(options)
  const inFlight = createInFlight({
    maxInFlight: options.maxInFlight,
    maxInFlightPerKey: options.maxInFlightPerToken,
    maxQueued: options.maxQueued ?? MAX_QUEUED,
    maxQueueWaitMs: options.maxQueueWaitMs ?? MAX_QUEUE_WAIT_MS
  })

  async function once(wire: Wire, call: NautobotCall): Promise<unknown> {
    try {
      return await exchange(wire, call)
    } catch (error) {
      if (!wire.repeatable || !isReset(error)) throw error
      return await exchange(wire, call)
    }
  }

  async function request(wire: Wire, call: NautobotCall): Promise<unknown> {
    const leave = await enter(inFlight, call)
    try {
      return await once(wire, call)
    } catch (error) {
      call.signal.throwIfAborted()
      throw failure(error, options.maxResponseBytes)
    } finally {
      leave()
    }
  }

  const ask = (body: unknown, call: NautobotCall) =>
    request({ method: 'POST', path: '/api/graphql/', body, repeatable: true }, call)

  return {
    publicUrl: options.publicUrl.replace(/\/+$/, ''),
    get: async (path, query, call) =>
      request({ method: 'GET', path: withQuery(path, query), repeatable: true }, call),
    send: (method, path, body, call) => request({ method, path, body, repeatable: false }, call),
    graphql: async (query, variables, call) => graphqlData(await ask({ query, variables }, call)),
    graphqlPartly: async (query, call) => graphqlAnswer(await ask({ query, variables: {} }, call))
  }
}
