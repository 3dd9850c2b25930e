import type { Redis } from 'ioredis'
import { z } from 'zod'
import { withDeadline } from '../platform/deadline.ts'

const HEARTBEAT_MS = 15_000
const HEARTBEAT_TIMEOUT_MS = 5_000

/** Something was saved or deleted in Nautobot. */
export interface CatalogEvent {
  /** `nautobot.{create,update,delete}.<app>.<model>`. */
  readonly topic: string
  readonly id: string | undefined
}

export interface CatalogInvalidationOptions {
  /** A connection for this alone; started and closed by its owner. */
  readonly subscriber: Redis
  /** Name in the channel, the same as the shim's `deployment`. */
  readonly deployment: string
  /** Undefined: events may have been missed, so anything may have changed. */
  readonly onChange: (event: CatalogEvent | undefined) => void
  /** Subscribing failed; it is tried again with the next heartbeat. */
  readonly onError: (error: unknown) => void
  /** Events arrive from now on, or no longer: for the metric. */
  readonly onConnected?: (connected: boolean) => void
  /** How often the connection is asked for a sign of life. */
  readonly heartbeatMs?: number
  /** How long it may take to give one. */
  readonly heartbeatTimeoutMs?: number
  readonly now?: () => number
}

export interface CatalogInvalidation {
  status(): {
    /** Whether events arrive now. */
    readonly connected: boolean
    /** Milliseconds since the epoch. */
    readonly lastEventAt: number | undefined
  }
  /** Hears nothing any more; the connection stays its owner's. */
  close(): void
}

const MAX_EVENT_CHARACTERS = 10_000

const eventSchema = z.object({ topic: z.string(), id: z.string().nullish() })

/** What a message says; one that cannot be read means that anything may have changed. */
function readEvent(message: string): CatalogEvent | undefined {
  if (message.length > MAX_EVENT_CHARACTERS) return undefined
  try {
    const { topic, id } = eventSchema.parse(JSON.parse(message))
    return { topic, id: id ?? undefined }
  } catch {
    return undefined
  }
}

/** Whether Redis still answers on this connection: one that a network has dropped would stay silent for minutes. */
async function isAlive(subscriber: Redis, timeoutMs: number): Promise<boolean> {
  const answer = subscriber.ping().catch(() => undefined)
  return (await withDeadline(answer, timeoutMs)) !== undefined
}

/** Ends a connection that, seen twice, was made and has answered nothing: it has no time-out of its own. */
function watchHandshake(subscriber: Redis): () => void {
  let seen: unknown
  return () => {
    const { stream, status } = subscriber
    const isStuck = status === 'connect' && seen === stream
    seen = status === 'connect' ? stream : undefined
    if (isStuck) subscriber.disconnect(true)
  }
}

/**
 * Listens to the shim's events on Redis. Delivery is at most once: each time the channel is joined, at
 * start and after every outage, `onChange` is called without an event.
 */
export function createCatalogInvalidation(
  options: CatalogInvalidationOptions
): CatalogInvalidation {
  const { subscriber, deployment, onChange, onError, onConnected, now = Date.now } = options
  const { heartbeatMs = HEARTBEAT_MS, heartbeatTimeoutMs = HEARTBEAT_TIMEOUT_MS } = options
  const channel = `ai-ops:${deployment}:events`
  let connected = false
  let closed = false
  let joinStartedAt: number | undefined
  let lastEventAt: number | undefined

  const setConnected = (isConnected: boolean) => {
    if (connected === isConnected) return
    connected = isConnected
    onConnected?.(isConnected)
  }
  const onMessage = (from: string, message: string) => {
    if (from !== channel) return
    lastEventAt = now()
    onChange(readEvent(message))
  }
  const onClose = () => setConnected(false)
  const onReady = () => {
    // ioredis may be ready already and still announce it.
    if (joinStartedAt !== undefined) return
    joinStartedAt = performance.now()
    subscriber
      .subscribe(channel)
      .then(() => {
        if (closed) return
        setConnected(true)
        onChange(undefined)
      }, onError)
      .finally(() => {
        joinStartedAt = undefined
      })
  }
  const endStuckHandshake = watchHandshake(subscriber)
  const beat = async () => {
    if (subscriber.status !== 'ready') return endStuckHandshake()
    const isJoining =
      joinStartedAt !== undefined && performance.now() - joinStartedAt < heartbeatTimeoutMs
    if (isJoining || (connected && (await isAlive(subscriber, heartbeatTimeoutMs)))) return
    if (closed) return
    setConnected(false)
    // Connects anew, and tries to join the channel when it is ready.
    subscriber.disconnect(true)
  }
  const heartbeat = setInterval(() => void beat(), heartbeatMs)

  subscriber.on('message', onMessage)
  subscriber.on('ready', onReady)
  subscriber.on('close', onClose)
  if (subscriber.status === 'ready') onReady()

  return {
    status: () => ({ connected, lastEventAt }),
    close() {
      closed = true
      clearInterval(heartbeat)
      setConnected(false)
      subscriber.off('message', onMessage)
      subscriber.off('ready', onReady)
      subscriber.off('close', onClose)
    }
  }
}
