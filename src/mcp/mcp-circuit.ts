import { McpFailure } from './mcp-failure.ts'

const MAX_TRACKED_SERVERS = 1000

export interface CircuitOptions {
  readonly maxFailures: number
  readonly pauseMs: number
  readonly now: () => number
  readonly maxTrackedServers?: number
}

/** Remembers which servers do not answer, so that nobody waits for them again and again. */
export interface McpCircuit {
  /**
   * Throws McpFailure `paused` while the server rests; after the pause one caller at a time may try.
   *
   * @returns whether the caller is that one.
   */
  check(key: string): boolean
  succeeded(key: string): void
  /** The server could not be reached, or did not speak MCP. Not for errors that a tool answers. */
  failed(key: string, failure: McpFailure): void
  /** The one who tried learned nothing of the server: the next one may try. */
  giveBack(key: string): void
}

interface State {
  failures: number
  pausedUntil: number
  reason: string
}

export function createMcpCircuit(options: CircuitOptions): McpCircuit {
  const { maxFailures, pauseMs, now, maxTrackedServers = MAX_TRACKED_SERVERS } = options
  /** In order of the last failure. */
  const states = new Map<string, State>()

  return {
    check(key) {
      const state = states.get(key)
      if (!state || state.failures < maxFailures) return false
      if (now() < state.pausedUntil) throw new McpFailure('paused', state.reason)
      // The one who tries; the others wait for the outcome.
      state.pausedUntil = now() + pauseMs
      return true
    },
    succeeded: (key) => void states.delete(key),
    failed(key, { message }) {
      const failures = (states.get(key)?.failures ?? 0) + 1
      states.delete(key)
      states.set(key, { failures, pausedUntil: now() + pauseMs, reason: message })
      const [oldest] = states.keys()
      if (states.size > maxTrackedServers && oldest !== undefined) states.delete(oldest)
    },
    giveBack(key) {
      const state = states.get(key)
      if (state) state.pausedUntil = now()
    }
  }
}
