import { McpFailure } from './mcp-failure.ts'

const MAX_TRACKED_SERVERS = 1000

export interface CircuitOptions {
  readonly maxFailures: number
  readonly pauseMs: number
  readonly now: () => number
}

/** Remembers which servers do not answer, so that nobody waits for them again and again. */
export interface McpCircuit {
  /** Throws McpFailure `paused` while the server rests; after the pause one caller at a time may try. */
  check(key: string): void
  succeeded(key: string): void
  /** The server could not be reached, or did not speak MCP. Not for errors that a tool answers. */
  failed(key: string, failure: McpFailure): void
}

interface State {
  failures: number
  pausedUntil: number
  reason: string
}

export function createMcpCircuit({ maxFailures, pauseMs, now }: CircuitOptions): McpCircuit {
  const states = new Map<string, State>()

  return {
    check(key) {
      const state = states.get(key)
      if (!state || state.failures < maxFailures) return
      if (now() < state.pausedUntil) throw new McpFailure('paused', state.reason)
      // The one who tries; the others wait for the outcome.
      state.pausedUntil = now() + pauseMs
    },
    succeeded: (key) => void states.delete(key),
    failed(key, { message }) {
      const failures = (states.get(key)?.failures ?? 0) + 1
      states.delete(key)
      states.set(key, { failures, pausedUntil: now() + pauseMs, reason: message })
      const [oldest] = states.keys()
      if (states.size > MAX_TRACKED_SERVERS && oldest !== undefined) states.delete(oldest)
    }
  }
}
