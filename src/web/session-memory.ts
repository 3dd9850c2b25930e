import type { PageContext } from '../runs/run.ts'

/** Runs that a reload brings back; older ones stay with the service. */
export const MAX_REMEMBERED_RUNS = 20

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
}

export interface SessionMemory {
  draft(): string
  keepDraft(text: string): void
  conversation(): Remembered | undefined
  keepConversation(remembered: Remembered | undefined): void
}

/** Keeps it in `storage`; a full or forbidden storage costs the memory, never the chat. */
export function createSessionMemory(storage: Storage | undefined, scope: string): SessionMemory {
  const draftKey = `ai-ops-chat:draft:${scope}`
  const conversationKey = `ai-ops-chat:conversation:${scope}`

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

  return {
    draft: () => read(draftKey) ?? '',
    keepDraft: (text) => write(draftKey, text),
    conversation() {
      try {
        return JSON.parse(read(conversationKey) ?? 'null') ?? undefined
      } catch {
        return undefined
      }
    },
    keepConversation(remembered) {
      if (!remembered) return write(conversationKey, undefined)
      const runs = remembered.runs.slice(-MAX_REMEMBERED_RUNS)
      write(conversationKey, JSON.stringify({ ...remembered, runs }))
    }
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
