import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'

const RETRY_MS = 1_000

/** Something that has to be seen once before questions can be answered. */
export interface Demand {
  /** Continues "Waiting for": `the catalog in Nautobot`. */
  readonly name: string
  /** Rejects, or answers false, while it is not there. */
  readonly check: () => Promise<unknown>
}

export interface Boot {
  state(): {
    readonly isReady: boolean
    readonly isDraining: boolean
    readonly reasons: readonly string[]
  }
  /** From now on not ready. */
  drain(): void
  /** Stops waiting. */
  close(): Promise<void>
}

/**
 * Waits, without end and once a second, for what the service cannot start without. What was seen once
 * counts: a later outage is an error where it matters, not a pod out of service.
 */
export function startBoot(demands: readonly Demand[]): Boot {
  const closing = new AbortController()
  const waiting = new Map(demands.map(({ name }) => [name, 'not seen yet']))
  let isDraining = false

  async function wait({ name, check }: Demand): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        if ((await check()) !== false) {
          waiting.delete(name)
          return
        }
      } catch (error) {
        waiting.set(name, AppError.from(error).message)
      }
      await sleep(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  const waits = Promise.all(demands.map(wait))

  return {
    state: () => ({
      isReady: waiting.size === 0,
      isDraining,
      reasons: isDraining
        ? ['This replica is shutting down.']
        : [...waiting].map(([name, why]) => `Waiting for ${name}: ${why}`)
    }),
    drain() {
      isDraining = true
    },
    async close() {
      closing.abort()
      await waits
    }
  }
}
