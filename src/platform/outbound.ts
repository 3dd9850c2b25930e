import { type LookupOptions, lookup as systemLookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { Agent, Dispatcher, EnvHttpProxyAgent, RequestInit as UndiciRequest } from 'undici'

/**
 * Never asked, whatever an administrator wrote: link-local addresses and the metadata services of clouds, which
 * hand out a machine's credentials. Loopback and private addresses are where models and MCP servers live.
 */
const FORBIDDEN = new BlockList()
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4')
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6')
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6')
FORBIDDEN.addAddress('100.100.100.200', 'ipv4')

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
  /** What HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
  readonly proxy?: {
    readonly http?: string | undefined
    readonly https?: string | undefined
    /** Comma-separated hosts that are asked directly, beside loopback. */
    readonly none?: string | undefined
  }
}

/** The way to every address that somebody else wrote: model providers and MCP servers. */
export interface Outbound {
  /**
   * A `fetch` that follows no redirect, takes no compressed answer and refuses forbidden addresses, also those
   * that a name resolves to. It rejects with a TypeError whose `cause` says why; see `describeFailure`.
   * CAs come from Node (NODE_EXTRA_CA_CERTS).
   */
  fetchFor(options: { readonly verifyTls: boolean }): typeof fetch
  close(): Promise<void>
}

/** An address that must not be asked. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError'
  readonly code = 'ERR_FORBIDDEN_ADDRESS'
}

export function createOutbound(options: OutboundOptions): Outbound {
  const dispatchers = new Map<boolean, Dispatcher>()
  let closed = false

  async function dispatcherFor(verifyTls: boolean): Promise<Dispatcher> {
    const undici = await import('undici')
    if (closed) throw new Error('Outbound connections are closed.')
    const known = dispatchers.get(verifyTls)
    if (known) return known
    const made = createDispatcher(undici, options, verifyTls)
    dispatchers.set(verifyTls, made)
    return made
  }

  return {
    fetchFor: ({ verifyTls }) =>
      (async (input: string | URL | Request, init: RequestInit = {}) => {
        const url = input instanceof Request ? input.url : input
        if (options.mustVerifyTls && !verifyTls) refuseUnverified()
        refuseForbidden(hostOf(url))
        const dispatcher = await dispatcherFor(verifyTls)
        const { fetch: undiciFetch } = await import('undici')
        const headers = new Headers(init.headers)
        headers.set('accept-encoding', 'identity')
        const request: unknown = { ...init, headers, dispatcher, redirect: 'manual' }
        // undici's types and the DOM's describe the same objects with different words.
        const response: unknown = await undiciFetch(url, request as UndiciRequest)
        return refuseCompressed(response as Response)
      }) as typeof fetch,
    close: async () => {
      closed = true
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
      dispatchers.clear()
    }
  }
}

function createDispatcher(
  undici: { Agent: typeof Agent; EnvHttpProxyAgent: typeof EnvHttpProxyAgent },
  { connectTimeoutMs, maxResponseBytes, proxy, lookup = systemLookup }: OutboundOptions,
  verifyTls: boolean
): Dispatcher {
  const tls = { rejectUnauthorized: verifyTls, timeout: connectTimeoutMs }
  const limits = {
    maxResponseSize: maxResponseBytes,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    connect: { ...tls, lookup: guardLookup(lookup) }
  }
  if (!proxy?.http && !proxy?.https) return new undici.Agent(limits)
  return new undici.EnvHttpProxyAgent({
    ...limits,
    requestTls: tls,
    // An empty text, not undefined: undici would read the environment by itself.
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: withLoopback(proxy.none)
  })
}

/** A proxy is no way to this machine itself, whether or not somebody remembered to say so. */
function withLoopback(none = ''): string {
  return none.trim() === '*' ? '*' : `localhost,127.0.0.1,[::1],${none}`
}

function hostOf(url: string | URL): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

/** A literal address never reaches `lookup`. */
function refuseForbidden(host: string): void {
  const family = isIP(host)
  if (family !== 0 && FORBIDDEN.check(host, family === 6 ? 'ipv6' : 'ipv4')) {
    throw new TypeError('fetch failed', { cause: forbidden(host) })
  }
}

function refuseUnverified(): never {
  const cause = Object.assign(new Error('TLS verification is off'), { code: 'ERR_TLS_UNVERIFIED' })
  throw new TypeError('fetch failed', { cause })
}

function forbidden(address: string): ForbiddenAddressError {
  return new ForbiddenAddressError(`${address} is a link-local or metadata address`)
}

/** What the connection is made to is what was checked: the same answer goes to both. */
function guardLookup(lookup: typeof systemLookup): typeof systemLookup {
  const guarded = (
    host: string,
    lookupOptions: LookupOptions,
    done: (error: Error | null, ...found: unknown[]) => void
  ) => {
    lookup(host, { ...lookupOptions, all: true }, (error, found) => {
      if (error) return done(error)
      const bad = found.find(({ address, family }) =>
        FORBIDDEN.check(address, family === 6 ? 'ipv6' : 'ipv4')
      )
      if (bad) return done(forbidden(bad.address))
      if (lookupOptions.all) return done(null, found)
      done(null, found[0]?.address, found[0]?.family)
    })
  }
  return guarded as typeof systemLookup
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
  ERR_FORBIDDEN_ADDRESS: 'link-local and metadata addresses are never asked'
}

/**
 * What went wrong on the way, as a part of a sentence, without any address or header; undefined when `error` is not
 * a failure of the connection.
 */
export function describeFailure(error: unknown): string | undefined {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    const sentence = sentenceFor(cause)
    if (sentence) return sentence
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause
  }
  return undefined
}

function sentenceFor(error: Error): string | undefined {
  if (error.message.startsWith('the answer is compressed')) return error.message
  // The fetch standard's own list, of ports of mail servers and the like.
  if (error.message === 'bad port') return 'its port is one that is never asked'
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' ? SENTENCES[code] : undefined
}
