import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { allScripts } from './redis-scripts.ts'

const SEEN_TIMEOUT_MS = 5_000
/** How MONITOR names the sender of what a script does: that costs no round trip. */
const INSIDE_SCRIPTS = 'lua'

/**
 * How often each command came from a client; a script by its own name. One that is sent costs a round trip, unless it
 * shares it with others.
 */
export type CommandCounts = Readonly<Record<string, number>>

/** Watches a Redis of one's own with MONITOR, which makes it slow: nothing is timed meanwhile. */
export interface RedisMonitor {
  /** What all clients together sent while `work` was done, and its result. */
  during<Result>(
    work: () => Promise<Result>
  ): Promise<{ readonly result: Result; readonly sent: CommandCounts }>
  stop(): void
}

export async function startRedisMonitor(url: string): Promise<RedisMonitor> {
  const scripts = await allScripts()
  const names = new Map([...scripts].map(([name, { sha }]) => [sha, name]))
  const client = new Redis(url)
  // Known before, none is sent twice: first its name, then its text.
  for (const { text } of scripts.values()) await client.script('LOAD', text)
  const monitor = await client.monitor()
  let counts = new Map<string, number>()
  const marks = new Map<string, () => void>()

  monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
    const [command = '', argument = ''] = args
    const reached = marks.get(argument)
    if (reached) return reached()
    if (source === INSIDE_SCRIPTS) return
    const name = names.get(argument) ?? command.toLowerCase()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  })

  /** Everything that was sent before has been counted when this resolves. */
  async function catchUp(): Promise<void> {
    const mark = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const late = () => reject(new Error('MONITOR tells nothing'))
    const timer = setTimeout(late, SEEN_TIMEOUT_MS)
    marks.set(mark, resolve)
    try {
      await client.echo(mark)
      await promise
    } finally {
      clearTimeout(timer)
      marks.delete(mark)
    }
  }

  return {
    async during(work) {
      await catchUp()
      counts = new Map()
      const result = await work()
      await catchUp()
      return { result, sent: Object.fromEntries(counts) }
    },
    stop() {
      monitor.disconnect()
      client.disconnect()
    }
  }
}
