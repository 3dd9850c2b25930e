import type { Redis } from 'ioredis'
import { z } from 'zod'

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
  /** Subscribing failed; it is tried again with the next connection. */
  readonly onError: (error: unknown) => void
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

/**
 * Listens to the shim's events on Redis. Delivery is at most once: each time the channel is joined, at
 * start and after every outage, `onChange` is called without an event.
 */
export function createCatalogInvalidation(
  options: CatalogInvalidationOptions
): CatalogInvalidation {
  const { subscriber, deployment, onChange, onError, now = Date.now } = options
  const channel = `ai-ops:${deployment}:events`
  let connected = false
  let lastEventAt: number | undefined

  const onMessage = (from: string, message: string) => {
    if (from !== channel) return
    lastEventAt = now()
    onChange(readEvent(message))
  }
  const onClose = () => {
    connected = false
  }
  const onReady = () => {
    subscriber.subscribe(channel).then(() => {
      connected = true
      onChange(undefined)
    }, onError)
  }

  subscriber.on('message', onMessage)
  subscriber.on('ready', onReady)
  subscriber.on('close', onClose)
  if (subscriber.status === 'ready') onReady()

  return {
    status: () => ({ connected, lastEventAt }),
    close() {
      connected = false
      subscriber.off('message', onMessage)
      subscriber.off('ready', onReady)
      subscriber.off('close', onClose)
    }
  }
}
