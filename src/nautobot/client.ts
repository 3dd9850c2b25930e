import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Span } from '@opentelemetry/api'
import axios, {
  type AxiosInstance,
  type AxiosProxyConfig,
  type AxiosResponse,
  isAxiosError
} from 'axios'
import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import { type ProxySettings, proxyFor } from '../platform/proxy.ts'
import { tracedWithin, traceHeaders } from '../platform/tracing.ts'
import type { GraphqlAnswer, NautobotCall, OwnedNautobotClient } from './client.types.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { type Attempt, createLeaving } from './leaving.ts'
import { graphqlProblems, refused, unreachable, unresolved } from './refusal.ts'
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
  /** Nautobot's address as this service reaches it, perhaps with a path prefix. */
  readonly url: string
  /** Nautobot's address for browsers. */
  readonly publicUrl: string
  /** From the first byte sent to the last received; waiting for a place in flight is not counted. */
  readonly timeoutMs: number
  /** Requests in flight, as Nautobot has them: one that was given up counts until it is answered. */
  readonly maxInFlight: number
  readonly maxInFlightPerToken: number
  readonly maxQueued?: number
  readonly maxQueueWaitMs?: number
  /** How long a request keeps its place that its caller has given up. */
  readonly maxLeftMs?: number
  readonly maxResponseBytes: number
  readonly verifyTls: boolean
  readonly proxy?: ProxySettings
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
    proxy: proxyOf(options),
    maxRedirects: 0,
    maxContentLength: options.maxResponseBytes,
    responseType: 'text',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true
  })
}

/** In axios' words; false: not even what the environment says to other programs. */
function proxyOf({ url, proxy: settings }: NautobotClientOptions): AxiosProxyConfig | false {
  const address = proxyFor(new URL(url), settings)?.reveal()
  if (address === undefined) return false
  const { protocol, hostname, port, username, password } = new URL(address)
  const login = {
    username: decodeURIComponent(username),
    password: decodeURIComponent(password)
  }
  return {
    protocol,
    host: hostname,
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    ...(username && { auth: login })
  }
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

interface Sending {
  readonly wire: Wire
  readonly call: NautobotCall
  readonly signal: AbortSignal
  /** Undefined when nothing is traced. */
  readonly span: Span | undefined
}

/** Sends one request and reads its answer; `onRequest` hears of it either way. */
function createExchange(options: NautobotClientOptions) {
  const transport = createTransport(options)
  const { hostname } = new URL(options.url)

  async function send({ wire, call, signal, span }: Sending): Promise<unknown> {
    const { method, path } = wire
    const startedAt = performance.now()
    let status: number | undefined
    try {
      const response = await transport.request<string>({
        method,
        url: path,
        signal,
        headers: {
          Accept: 'application/json',
          'User-Agent': 'nautobot-ai-ops',
          Authorization: `Token ${call.token.reveal()}`,
          'X-Request-ID': call.correlationId,
          ...traceHeaders(),
          ...(wire.body !== undefined && { 'Content-Type': 'application/json' })
        },
        ...(wire.body !== undefined && { data: encode(wire.body) })
      })
      status = response.status
      span?.setAttribute('http.response.status_code', status)
      return answer(response)
    } finally {
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

  return (wire: Wire, call: NautobotCall, signal: AbortSignal): Promise<unknown> => {
    const { method } = wire
    const template = templateOf(wire.path)
    const attributes = {
      'http.request.method': method,
      'url.template': template,
      'server.address': hostname
    }
    const facts = { name: `${method} ${template}`, kind: 'client' as const, attributes }
    return tracedWithin(facts, (span) => send({ wire, call, signal, span }))
  }
}

/** The path without ids and without its query, which holds what somebody asked for. */
function templateOf(path: string): string {
  const [route = ''] = path.split('?')
  return route.replaceAll(/(?<=\/)(?![a-z_-]+\/)[^/]+/g, '{id}')
}

/** A resolver's error comes with status 200 and data of null; a wrong query with 400. Both read the same here. */
function graphqlData(body: unknown): Readonly<Record<string, unknown>> {
  const { data, errors } = Object(body) as { data?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) throw unresolved(errors)
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
 * Aborting a call's signal throws the signal's reason at once. What is on the wire stays there and keeps its place until
 * Nautobot has answered: a worker is not freed by hanging up on it. Requests beyond the bounds wait their turn; when too
 * many wait, or one waits too long, it is NAUTOBOT_UNAVAILABLE.
 */
export function createNautobotClient(options: NautobotClientOptions): OwnedNautobotClient {
  const exchange = createExchange(options)
  const inFlight = createInFlight({
    maxInFlight: options.maxInFlight,
    maxInFlightPerKey: options.maxInFlightPerToken,
    maxQueued: options.maxQueued ?? MAX_QUEUED,
    maxQueueWaitMs: options.maxQueueWaitMs ?? MAX_QUEUE_WAIT_MS
  })

  const leaving = createLeaving(options)

  async function once(wire: Wire, call: NautobotCall, { signal, isAwaited }: Attempt) {
    try {
      return await exchange(wire, call, signal)
    } catch (error) {
      if (!wire.repeatable || !isReset(error) || !isAwaited()) throw error
      return await exchange(wire, call, signal)
    }
  }

  async function request(wire: Wire, call: NautobotCall): Promise<unknown> {
    const leave = await enter(inFlight, call)
    // It left while it was given a place: no request will give that back.
    if (call.signal.aborted) leave()
    try {
      return await leaving.wait(call, (attempt) => once(wire, call, attempt).finally(leave))
    } catch (error) {
      call.signal.throwIfAborted()
      throw failure(error, options.maxResponseBytes)
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
    graphqlPartly: async (query, call) => graphqlAnswer(await ask({ query, variables: {} }, call)),
    close: leaving.close
  }
}
