import {
  type JSONRPCMessage,
  type RequestId,
  StreamableHTTPClientTransport,
  type Transport
} from '@modelcontextprotocol/client'
import type { Secret } from '../platform/secret.ts'
import { redactSecret } from '../platform/secret-redaction.ts'
import { STREAM_ENDED } from './mcp-failure.ts'
import { createServerFetch, type ServerAccess } from './mcp-fetch.ts'
import { createServerAnswers, isAnswer } from './server-answers.ts'

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

export interface SessionTransport extends Transport {
  /** Tells a server with sessions that this one is over. */
  endSession(): Promise<void>
}

/**
 * Streamable HTTP, where a call always ends: a stream that breaks before its response is an error at once, and a
 * cancelled call's request is closed in both protocol eras. The client alone would wait for its time-out in the
 * first case, and leave the request open in the second.
 *
 * @param mayListen whether the server's stream of notifications is worth a request
 */
export function createHttpTransport(
  access: ServerAccess,
  mayListen: () => boolean = () => false
): SessionTransport {
  const inner = new StreamableHTTPClientTransport(new URL(access.address), {
    fetch: withNotifications(createServerFetch(access), mayListen),
    reconnectionOptions: RESUME
  })
  const open = new Map<RequestId, AbortController>()
  const giveAnswer = createServerAnswers(inner)

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

  const outer: SessionTransport = {
    hasPerRequestStream: true,
    get sessionId() {
      return inner.sessionId
    },
    start: () => {
      inner.onerror = (error) => outer.onerror?.(error)
      inner.onclose = () => outer.onclose?.()
      inner.onmessage = (message) => {
        if (isAnswer(message)) open.delete(message.id)
        outer.onmessage?.(withoutSecret(message, access.secret))
      }
      return inner.start()
    },
    send: (message, sending) => {
      if ('id' in message && 'method' in message) return ask(message, message.id, sending)
      const cancelled = cancelledId(message)
      if (cancelled !== undefined) return cancel(message, cancelled, sending)
      if (isAnswer(message)) return giveAnswer(message)
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
export function withoutSecret(message: JSONRPCMessage, secret: Secret | undefined): JSONRPCMessage {
  if (!secret) return message
  const text = JSON.stringify(message)
  const redacted = redactSecret(text, secret)
  return redacted === text ? message : JSON.parse(redacted)
}

/** A stream that ended sooner is not opened again by this connection: its server would be asked every second. */
const MIN_STREAM_MS = 30_000

/** Opens the stream for notifications only of a server that is worth it. */
function withNotifications(send: typeof fetch, mayListen: () => boolean) {
  let openedAt: number | undefined

  function isStreamWanted(): boolean {
    if (!mayListen()) return false
    const now = performance.now()
    if (openedAt !== undefined && now - openedAt < MIN_STREAM_MS) return false
    openedAt = now
    return true
  }

  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const isStream = init.method === 'GET' && !new Headers(init.headers).has('last-event-id')
    if (isStream && !isStreamWanted()) return new Response(null, { status: 405 })
    return send(url, init)
  }
}
