import { AsyncLocalStorage } from 'node:async_hooks'
import type { ElicitationAnswer } from '../elicitation.ts'
import { McpFailure } from './mcp-failure.ts'

/**
 * What a server asks in the middle of a call; `withdrawn` aborts when it does not want to know any more. Throws the reason
 * of the call's end, and nothing else.
 */
export type AskCaller = (params: unknown, withdrawn?: AbortSignal) => Promise<ElicitationAnswer>

/** The calls under way on one connection, which users share: what a server asks meanwhile is for exactly one of them. */
export interface OpenCalls {
  /** Everything that comes on the stream of `work`'s request is known to belong to it. */
  run<T>(ask: AskCaller, work: () => Promise<T>): Promise<T>
  /** Whose call the request being handled belongs to; undefined: nobody's for certain. */
  asked(): AskCaller | undefined
}

export function createOpenCalls(): OpenCalls {
  // What reads a call's own stream runs in its context; what reads a stream of the whole connection, in none.
  const ofStream = new AsyncLocalStorage<AskCaller>()
  const open = new Set<AskCaller>()
  /** A call was given up that its server may still work on, and ask about. */
  let hasLost = false

  return {
    async run(ask, work) {
      open.add(ask)
      try {
        return await ofStream.run(ask, work)
      } catch (error) {
        if (!(error instanceof McpFailure && error.kind === 'refused')) hasLost = true
        throw error
      } finally {
        open.delete(ask)
      }
    },
    asked() {
      const own = ofStream.getStore()
      if (own) return open.has(own) ? own : undefined
      const [only, ...others] = open
      return others.length === 0 && !hasLost ? only : undefined
    }
  }
}
