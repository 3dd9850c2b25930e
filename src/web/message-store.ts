import { useCallback, useSyncExternalStore } from 'react'
import { type Cell, createCell } from './cell.ts'
import type { Message } from './message.ts'

/** Hidden tabs get no animation frames; they are told this often instead. */
export const HIDDEN_TAB_MS = 250

/** Messages of the open conversation. Each is watched on its own: a token redraws one message. */
export interface MessageStore {
  /** Ids in the order of the conversation. */
  readonly order: Cell<readonly string[]>
  get(id: string): Message | undefined
  /** Adds or replaces. Its watchers are told once in a frame, however often it changes. */
  put(message: Message): void
  remove(ids: readonly string[]): void
  clear(): void
  subscribe(id: string, listener: () => void): () => void
  /** Tells nobody any more. */
  close(): void
}

/** Calls back once, in the next frame or after a moment, whichever comes first; returns a canceller. */
export type Scheduler = (callback: () => void) => () => void

export function createMessageStore(schedule: Scheduler = nextFrame): MessageStore {
  const messages = new Map<string, Message>()
  const order = createCell<readonly string[]>([])
  const watchers = createWatchers(schedule)
  return {
    order,
    get: (id) => messages.get(id),
    put(message) {
      const isNew = !messages.has(message.id)
      messages.set(message.id, message)
      if (isNew) order.update((ids) => [...ids, message.id])
      watchers.touch(message.id)
    },
    remove(ids) {
      for (const id of ids) messages.delete(id)
      order.update((all) => all.filter((id) => messages.has(id)))
    },
    clear() {
      messages.clear()
      order.set([])
    },
    subscribe: watchers.subscribe,
    close: watchers.close
  }
}

function createWatchers(schedule: Scheduler) {
  const listeners = new Map<string, Set<() => void>>()
  const dirty = new Set<string>()
  let cancel: (() => void) | undefined

  function flush(): void {
    cancel = undefined
    const ids = [...dirty]
    dirty.clear()
    for (const id of ids) for (const listener of [...(listeners.get(id) ?? [])]) listener()
  }

  return {
    touch(id: string): void {
      dirty.add(id)
      cancel ??= schedule(flush)
    },
    subscribe(id: string, listener: () => void): () => void {
      const set = listeners.get(id) ?? new Set()
      listeners.set(id, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0) listeners.delete(id)
      }
    },
    close(): void {
      cancel?.()
      cancel = undefined
      listeners.clear()
    }
  }
}

export function nextFrame(callback: () => void): () => void {
  const cancel = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const once = (): void => {
    cancel()
    callback()
  }
  const frame = requestAnimationFrame(once)
  const timer = setTimeout(once, HIDDEN_TAB_MS)
  return cancel
}

export function useMessage(store: MessageStore, id: string): Message | undefined {
  const subscribe = useCallback(
    (listener: () => void) => store.subscribe(id, listener),
    [store, id]
  )
  return useSyncExternalStore(subscribe, () => store.get(id))
}
