import {
  type JSONRPCMessage,
  type RequestId,
  StreamableHTTPClientTransport,
  type Transport
} from '@modelcontextprotocol/client'
import type { Secret } from '../platform/secret.ts'
import { redactResponse, redactSecret } from '../platform/secret-redaction.ts'
import { STREAM_ENDED } from './mcp-failure.ts'

/** Without what this transport has no use for: related requests, and the resumption of another process's stream. */
type Sending = Pick<NonNullable<Parameters<Transport['send']>[1]>, 'headers' | 'requestSignal'>

/** How long a cancellation may take to be delivered before its call's request is closed anyway. */
const CANCEL_DELIVERY_MS = 250

/** Within one call, for servers that number their events: bounded in time by the call's own time-out. */
const RESUME = {
  initialReconnectionDelay: 200,
  maxReconnectionDelay: 2000,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 2
}

export interface HttpTransportOptions {
  readonly address: string
  readonly secret: Secret | undefined
  readonly fetch: typeof fetch
}

export interface HttpTransport extends Transport {
  /** Tells a server with sessions that this one is over. */
  endSession(): Promise<void>
}

/**
 * Streamable HTTP, where a call always ends: a stream that breaks before its response is an error at once, and a
 * cancelled call's request is closed in both protocol eras. The client alone would wait for its time-out in the
 * first case, and leave the request open in the second.
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const inner = new StreamableHTTPClientTransport(new URL(options.address), {
    fetch: credentialedFetch(options),
    reconnectionOptions: RESUME
  })
  const open = new Map<RequestId, AbortController>()

  async function ask(message: JSONRPCMessage, id: RequestId, sending?: Sending) {
    const call = new AbortController()
    const { signal } = call
    open.set(id, call)
    signal.addEventListener('abort', () => open.delete(id), { once: true })
    sending?.requestSignal?.addEventListener('abort', () => call.abort(), { once: true })
    const onRequestStreamEnd = () => {
      if (!open.delete(id)) return
      const error = { code: -32_000, message: STREAM_ENDED }
      outer.onmessage?.({ jsonrpc: '2.0', id, error })
    }
    try {
      await inner.send(message, {
        ...headersOf(sending),
        requestSignal: signal,
        onRequestStreamEnd
      })
    } catch (error) {
      open.delete(id)
      throw error
    }
  }

  async function cancel(message: JSONRPCMessage, id: RequestId, sending?: Sending) {
    const requestSignal = AbortSignal.timeout(CANCEL_DELIVERY_MS)
    try {
      await inner.send(message, { ...headersOf(sending), requestSignal })
    } finally {
      open.get(id)?.abort()
    }
  }

  const outer: HttpTransport = {
    hasPerRequestStream: true,
    get sessionId() {
      return inner.sessionId
    },
    start: () => {
      inner.onerror = (error) => outer.onerror?.(error)
      inner.onclose = () => outer.onclose?.()
      inner.onmessage = (message) => {
        if ('id' in message && !('method' in message) && message.id !== undefined) {
          open.delete(message.id)
        }
        outer.onmessage?.(withoutSecret(message, options.secret))
      }
      return inner.start()
    },
    send: (message, sending) => {
      if ('id' in message && 'method' in message) return ask(message, message.id, sending)
      const cancelled = cancelledId(message)
      if (cancelled !== undefined) return cancel(message, cancelled, sending)
      return inner.send(message, headersOf(sending))
    },
    setProtocolVersion: (version) => inner.setProtocolVersion(version),
    endSession: () => inner.terminateSession(),
    close: () => inner.close()
  }
  return outer
}

function headersOf(sending: Sending | undefined) {
  return sending?.headers ? { headers: sending.headers } : {}
}

function cancelledId(message: JSONRPCMessage): RequestId | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  return (message.params as { requestId?: RequestId } | undefined)?.requestId
}

/** A server that repeats what it was sent must not show its credential to models and users. */
function withoutSecret(message: JSONRPCMessage, secret: Secret | undefined): JSONRPCMessage {
  if (!secret) return message
  const text = JSON.stringify(message)
  const redacted = redactSecret(text, secret)
  return redacted === text ? message : JSON.parse(redacted)
}

function credentialedFetch({ fetch: send, secret }: HttpTransportOptions) {
  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    // The stream for notifications is not opened: tool lists age out instead, and a server that closes it at once
    // would be asked again every second.
    if (init.method === 'GET' && !headers.has('last-event-id')) {
      return new Response(null, { status: 405 })
    }
    if (secret) headers.set('authorization', `Bearer ${secret.reveal()}`)
    return redactResponse(await send(url, { ...init, headers }), secret)
  }
}
