import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Logger } from '../platform/logger.ts'

/** Most of what is missing at a start is only being connected to. */
const FIRST_RETRY_MS = 50
const RETRY_MS = 1_000

/** Something that has to be seen once before questions can be answered. */
export interface Demand {
  /** Continues "Waiting for": `the catalog in Nautobot`. */
  readonly name: string
  /** Rejects while it is not there. */
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
 * Waits, without end and at last once a second, for what the service cannot start without. What was seen once
 * counts: a later outage is an error where it matters, not a pod out of service.
 */
export function startBoot(demands: readonly Demand[], logger: Logger, retryMs = RETRY_MS): Boot {
  const closing = new AbortController()
  const waiting = new Map(demands.map(({ name }) => [name, 'not seen yet']))
  let isDraining = false

  async function isThere({ name, check }: Demand): Promise<boolean> {
    try {
      await check()
      waiting.delete(name)
      if (waiting.size === 0) logger.info('ready for questions')
      return true
    } catch (error) {
      const { message } = AppError.from(error)
      if (waiting.get(name) !== message) logger.warn(`Not ready: waiting for ${name}: ${message}`)
      waiting.set(name, message)
      return false
    }
  }

  async function wait(demand: Demand): Promise<void> {
    let pauseMs = Math.min(FIRST_RETRY_MS, retryMs)
    while (!closing.signal.aborted && !(await isThere(demand))) {
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined)
      pauseMs = Math.min(2 * pauseMs, retryMs)
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
