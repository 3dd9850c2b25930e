import type { Redis } from 'ioredis'

/** Undefined: messages may have been missed. */
export type ChannelListener = (message: string | undefined) => void

/** Channels of Redis, joined while somebody listens. Delivery is at most once, so whoever listens also looks. */
export interface RedisChannels {
  /** Answers how to stop listening. Listeners must not throw. */
  listen(channel: string, listener: ChannelListener): () => void
  /** Nobody hears anything any more; the connection stays its owner's. */
  close(): void
}

/** `subscriber`: a connection for this alone, started and closed by its owner. */
export function createRedisChannels(subscriber: Redis): RedisChannels {
  const listeners = new Map<string, Set<ChannelListener>>()

  const onMessage = (channel: string, message: string) => {
    for (const listener of listeners.get(channel) ?? []) listener(message)
  }
  const onReady = () => {
    for (const [channel, set] of listeners) {
      join(channel)
      for (const listener of set) listener(undefined)
    }
  }
  subscriber.on('message', onMessage)
  subscriber.on('ready', onReady)

  /** Without a connection nothing can be joined; it is made up for when there is one. */
  function join(channel: string): void {
    if (subscriber.status === 'ready') subscriber.subscribe(channel).catch(() => undefined)
  }

  function leave(channel: string, listener: ChannelListener): void {
    const set = listeners.get(channel)
    if (!set?.delete(listener) || set.size > 0) return
    listeners.delete(channel)
    if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(() => undefined)
  }

  return {
    listen(channel, listener) {
      const set = listeners.get(channel)
      if (set) set.add(listener)
      else {
        listeners.set(channel, new Set([listener]))
        join(channel)
      }
      return () => leave(channel, listener)
    },
    close() {
      listeners.clear()
      subscriber.off('message', onMessage)
      subscriber.off('ready', onReady)
    }
  }
}
