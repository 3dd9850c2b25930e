import type { PageContext } from '../runs/run.ts'

/** Runs that a reload brings back; older ones stay with the service. */
export const MAX_REMEMBERED_RUNS = 20

/** Conversations whose runs are known when they are opened again in this tab. */
export const MAX_REMEMBERED_CONVERSATIONS = 10

export interface RememberedRun {
  readonly runId: string
  readonly question: string
  readonly about?: PageContext
}

/** What this tab knows of its conversation, so that a reload loses nothing. */
export interface Remembered {
  readonly username: string
  readonly conversationId: string
  readonly runs: readonly RememberedRun[]
  /** The question whose branch was shown, as the service calls it. */
  readonly at?: string | undefined
}

export interface SessionMemory {
  draft(): string
  keepDraft(text: string): void
  conversation(): Remembered | undefined
  keepConversation(remembered: Remembered | undefined): void
  /** One that was kept before, with its runs. */
  earlier(username: string, conversationId: string): Remembered
  forget(conversationId: string): void
}

/** Keeps it in `storage`; a full or forbidden storage costs the memory, never the chat. */
export function createSessionMemory(storage: Storage | undefined, scope: string): SessionMemory {
  const draftKey = `ai-ops-chat:draft:${scope}`
  const conversationKey = `ai-ops-chat:conversation:${scope}`
  const earlierKey = `ai-ops-chat:earlier:${scope}`

  function read(key: string): string | undefined {
    try {
      return storage?.getItem(key) ?? undefined
    } catch {
      return undefined
    }
  }

  function write(key: string, value: string | undefined): void {
    try {
      if (value === undefined || value === '') storage?.removeItem(key)
      else storage?.setItem(key, value)
    } catch {
      // Full, or forbidden by the browser: the open page still has everything.
    }
  }

  function readJson<T>(key: string): T | undefined {
    try {
      return JSON.parse(read(key) ?? 'null') ?? undefined
    } catch {
      return undefined
    }
  }

  const earlier = (): readonly Remembered[] => readJson(earlierKey) ?? []
  const others = (id: string): Remembered[] =>
    earlier().filter(({ conversationId }) => conversationId !== id)

  return {
    draft: () => read(draftKey) ?? '',
    keepDraft: (text) => write(draftKey, text),
    conversation: () => readJson(conversationKey),
    keepConversation(remembered) {
      if (!remembered) return write(conversationKey, undefined)
      const kept = { ...remembered, runs: remembered.runs.slice(-MAX_REMEMBERED_RUNS) }
      write(conversationKey, JSON.stringify(kept))
      const all = [...others(kept.conversationId), kept].slice(-MAX_REMEMBERED_CONVERSATIONS)
      write(earlierKey, JSON.stringify(all))
    },
    earlier(username, conversationId) {
      const known = earlier().find((one) => {
        return one.conversationId === conversationId && one.username === username
      })
      return known ?? { username, conversationId, runs: [] }
    },
    forget: (conversationId) => write(earlierKey, JSON.stringify(others(conversationId)))
  }
}

/** The tab's storage; undefined where the browser forbids it. */
export function tabStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    return undefined
  }
}
