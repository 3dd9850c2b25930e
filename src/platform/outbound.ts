import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import type { Agent, Dispatcher, Pool, ProxyAgent, RequestInit as UndiciRequest } from 'undici'
import { createEgressRules, type EgressRefusal, type EgressRules } from './egress.ts'
import { hostOf, type ProxySettings, proxyFor } from './proxy.ts'
import type { Secret } from './secret.ts'

/** Longer than any time-out that a model or MCP server can be given: those are kept by their callers. */
const SILENCE_MS = 3_660_000

export interface OutboundOptions {
  readonly connectTimeoutMs: number
  /** Of one response; the connection is closed when it grows beyond. */
  readonly maxResponseBytes: number
  /** Whoever asks for unverified TLS is refused: a rule of the environment stands above one object. */
  readonly mustVerifyTls?: boolean
  /** Resolves names; Node's own unless given. */
  readonly lookup?: typeof systemLookup
  readonly proxy?: ProxySettings
  /** Which addresses may be asked; unless given, all but link-local and metadata addresses. */
  readonly egress?: EgressRules
}

/** The way to every address that somebody else wrote: model providers and MCP servers. */
export interface Outbound {
  /**
   * A `fetch` that follows no redirect, takes no compressed answer and refuses addresses that the rules of egress do not
   * admit, also those that a name resolves to: the connection is made to the address that was checked. Where a proxy is
   * asked, that resolves names, so only they are checked. It rejects with a TypeError whose `cause` says why; see
   * `describeFailure`. CAs come from Node (NODE_EXTRA_CA_CERTS).
   */
  fetchFor(options: { readonly verifyTls: boolean }): typeof fetch
  close(): Promise<void>
}

/** An address that must not be asked. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError'
  readonly code: 'ERR_FORBIDDEN_ADDRESS' | 'ERR_ADDRESS_NOT_ALLOWED'

  constructor(host: string, refusal: EgressRefusal) {
    super(`${host} must not be asked`)
    this.code = refusal === 'forbidden' ? 'ERR_FORBIDDEN_ADDRESS' : 'ERR_ADDRESS_NOT_ALLOWED'
  }
}

export function createOutbound(options: OutboundOptions): Outbound {
  const { proxy: settings, egress = createEgressRules() } = options
  const dispatchers = new Map<string, Dispatcher>()
  let closed = false

  async function dispatcherFor(verifyTls: boolean, proxy: Secret | undefined) {
    const undici = await import('undici')
    if (closed) throw new Error('Outbound connections are closed.')
    const key = `${verifyTls} ${proxy?.reveal() ?? ''}`
    const known = dispatchers.get(key)
    if (known) return known
    const made = createDispatcher(undici, { ...options, egress }, { verifyTls, proxy })
    dispatchers.set(key, made)
    return made
  }

  return {
    fetchFor: ({ verifyTls }) =>
      (async (input: string | URL | Request, init: RequestInit = {}) => {
        const url = new URL(input instanceof Request ? input.url : input)
        if (options.mustVerifyTls && !verifyTls) refuseUnverified()
        const proxy = proxyFor(url, settings)
        refuseForbidden(hostOf(url), egress, proxy !== undefined)
        const dispatcher = await dispatcherFor(verifyTls, proxy)
        const { fetch: undiciFetch } = await import('undici')
        const headers = new Headers(init.headers)
        headers.set('accept-encoding', 'identity')
        const request: unknown = { ...init, headers, dispatcher, redirect: 'manual' }
        // undici's types and the DOM's describe the same objects with different words.
        const asking: Promise<unknown> = undiciFetch(url, request as UndiciRequest)
        const response = await (proxy ? asking.catch(blameProxy) : asking)
        return refuseCompressed(response as Response)
      }) as typeof fetch,
    close: async () => {
      closed = true
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
      dispatchers.clear()
    }
  }
}

interface Way {
  readonly verifyTls: boolean
  readonly proxy: Secret | undefined
}

function createDispatcher(
  undici: { Agent: typeof Agent; Pool: typeof Pool; ProxyAgent: typeof ProxyAgent },
  options: OutboundOptions & { readonly egress: EgressRules },
  { verifyTls, proxy }: Way
): Dispatcher {
  const { connectTimeoutMs, maxResponseBytes, lookup = systemLookup, egress } = options
  const tls = { rejectUnauthorized: verifyTls, timeout: connectTimeoutMs }
  const limits = {
    maxResponseSize: maxResponseBytes,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS
  }
  if (!proxy) {
    return new undici.Agent({ ...limits, connect: { ...tls, lookup: guardLookup(lookup, egress) } })
  }
  return new undici.ProxyAgent({
    ...limits,
    uri: proxy.reveal(),
    requestTls: tls,
    proxyTls: { timeout: connectTimeoutMs },
    // Where no tunnel is made, the proxy's own connections are given none of the limits.
    factory: (origin, given) => new undici.Pool(origin, { ...limits, ...given }),
    // Opens tunnels alone: whoever asked for one may be gone, and nobody else ends the waiting.
    clientFactory: (origin, given) =>
      new undici.Pool(origin, { ...given, headersTimeout: connectTimeoutMs }),
    // For https alone: many proxies refuse a tunnel to anything else.
    proxyTunnel: false
  })
}

/** A literal address never reaches `lookup`. Neither does a name that a proxy resolves: it must be allowed as a name. */
function refuseForbidden(host: string, egress: EgressRules, isProxied: boolean): void {
  const refusal = egress.checkHost(host)
  if (refusal === undefined || (refusal === 'by-address' && !isProxied)) return
  const cause = new ForbiddenAddressError(host, refusal === 'by-address' ? 'not-allowed' : refusal)
  throw new TypeError('fetch failed', { cause })
}

function refuseUnverified(): never {
  const cause = Object.assign(new Error('TLS verification is off'), { code: 'ERR_TLS_UNVERIFIED' })
  throw new TypeError('fetch failed', { cause })
}

/** What the connection is made to is what was checked: the same answer goes to both. */
function guardLookup(lookup: typeof systemLookup, egress: EgressRules): typeof systemLookup {
  const guarded = (
    host: string,
    lookupOptions: LookupOptions,
    done: (error: Error | null, ...found: unknown[]) => void
  ) => {
    lookup(host, { ...lookupOptions, all: true }, (error, found) => {
      const failure = error ?? refusedAmong(host, found, egress)
      if (failure) return done(failure)
      if (lookupOptions.all) return done(null, found)
      done(null, found[0]?.address, found[0]?.family)
    })
  }
  return guarded as typeof systemLookup
}

function refusedAmong(host: string, found: readonly LookupAddress[], egress: EgressRules) {
  for (const { address } of found) {
    const refusal = egress.checkAddress(host, address)
    if (refusal) return new ForbiddenAddressError(address, refusal)
  }
  return undefined
}

/** Failures of a connection that was made to the proxy, not to whoever is asked. */
const PROXY_FAILURES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT'
])

function blameProxy(error: unknown): never {
  const code = proxyCodeOf(error)
  if (!code) throw error
  const cause = Object.assign(new Error('The proxy failed', { cause: error }), { code })
  throw new TypeError('fetch failed', { cause })
}

function proxyCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  // Of a tunnel that the proxy does not open; undici takes this for an abort.
  const status = /^Proxy response \((\d+)\)/.exec(error.message)?.[1]
  if (status) return status === '407' ? 'ERR_PROXY_LOGIN' : 'ERR_PROXY_REFUSED'
  // Whoever is asked may be silent for longer than any time-out, so this is the tunnel.
  if (codeOf(error) === 'UND_ERR_HEADERS_TIMEOUT') return 'ERR_PROXY_SILENT'
  return PROXY_FAILURES.has(codeOf(error)) ? 'ERR_PROXY_UNREACHABLE' : proxyCodeOf(error.cause)
}

/** That of the first attempt, where a name has several addresses. */
function codeOf(error: unknown): unknown {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && 'code' in first ? first.code : undefined
}

/** Asked for plain bytes; a compressed answer could grow without bound after the byte count. */
async function refuseCompressed(response: Response): Promise<Response> {
  const encoding = response.headers.get('content-encoding')
  if (!encoding || encoding === 'identity') return response
  await response.body?.cancel()
  throw new TypeError('fetch failed', {
    cause: new Error(`the answer is compressed (${encoding}) though that was not asked for`)
  })
}

/** Errors nest: fetch failed, because of a socket error, because of … */
const MAX_CAUSES = 8

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'the connection took too long',
  UND_ERR_CONNECT_TIMEOUT: 'the connection took too long',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'the answer is too large',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate comes from an authority not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate comes from an authority not trusted here',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS at this port',
  ERR_INVALID_URL: 'its address is not valid',
  ERR_TLS_UNVERIFIED: 'it turns TLS verification off, which this environment does not allow',
  ERR_FORBIDDEN_ADDRESS: 'link-local and metadata addresses are never asked',
  ERR_ADDRESS_NOT_ALLOWED: 'its address is not on the list of AI_OPS_EGRESS_ALLOW',
  ERR_PROXY_UNREACHABLE: 'the proxy cannot be reached',
  ERR_PROXY_SILENT: 'the proxy does not answer',
  ERR_PROXY_LOGIN: 'the proxy demands a login',
  ERR_PROXY_REFUSED: 'the proxy refuses the connection'
}

/**
 * What went wrong on the way, as a part of a sentence, without any address or header; undefined when `error` is not
 * a failure of the connection.
 */
export function describeFailure(error: unknown): string | undefined {
  return causesOf(error).map(sentenceFor).find(Boolean)
}

/** These may be gone a moment later; a bad certificate or an unknown name will not. */
const PASSING: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET'
])

/** Whether the connection failed for a reason that may be gone a moment later. */
export function isPassingFailure(error: unknown): boolean {
  return causesOf(error).some((cause) => 'code' in cause && PASSING.has(cause.code))
}

/** From the outermost inwards. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  let cause = error
  while (causes.length < MAX_CAUSES && cause instanceof Error) {
    causes.push(cause)
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause
  }
  return causes
}

function sentenceFor(error: Error): string | undefined {
  if (error.message.startsWith('the answer is compressed')) return error.message
  // The fetch standard's own list, of ports of mail servers and the like.
  if (error.message === 'bad port') return 'its port is one that is never asked'
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' ? SENTENCES[code] : undefined
}
