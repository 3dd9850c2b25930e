import type { Redis } from 'ioredis'
import type { ElicitationPlace } from '../agent/elicitations.ts'
import { elicitationKey } from '../conversations/redis-keys.ts'
import type { ElicitationAnswer } from '../elicitation.ts'
import type { RedisChannels } from '../platform/redis-channels.ts'
import { defineScript, type RedisScript, runScript } from '../platform/redis-script.ts'
import type { AnswerDesk, ElicitationState } from './elicitation-desk.ts'

/** Messages may be lost, so whoever waits also looks. */
const LOOK_MS = 1_000
/** How long it is known that a question was answered or has lapsed. */
const KEEP_STATE_MS = 3_600_000
/** An answer that nobody takes does not stay longer than its question. */
const MARGIN_MS = 10_000

const OPEN = defineScript(`-- open-elicitation
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'state', 'open')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'OK'
`)

const ANSWER = defineScript(`-- answer-elicitation
local known = redis.call('HMGET', KEYS[1], 'run', 'state')
if known[1] ~= ARGV[1] then return 'unknown' end
if known[2] == 'open' and ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'state', 'answered', 'answer', ARGV[2])
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return known[2]
`)

const TAKE = defineScript(`-- take-elicitation
local answer = redis.call('HGET', KEYS[1], 'answer')
if answer then
  redis.call('HDEL', KEYS[1], 'answer')
elseif ARGV[1] == 'close' and redis.call('HGET', KEYS[1], 'state') == 'open' then
  redis.call('HSET', KEYS[1], 'state', 'closed')
end
if answer or ARGV[1] == 'close' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return answer or ''
`)

export interface RedisAnswerDeskOptions {
  readonly client: Redis
  readonly channels: RedisChannels
  readonly deployment: string
  readonly lookMs?: number
}

/**
 * Answers go through Redis to the replica that holds the call. They lie there for moments, until they are taken, and
 * never in the log of a run.
 */
export function createRedisAnswerDesk(options: RedisAnswerDeskOptions): AnswerDesk {
  const { client, channels, deployment, lookMs = LOOK_MS } = options
  const channel = `ai-ops:${deployment}:answers`
  const draining = new AbortController()

  const run = async (script: RedisScript, { elicitationId }: ElicitationPlace, args: string[]) =>
    String(
      await runScript(client, script, { keys: [elicitationKey(deployment, elicitationId)], args })
    )

  /** Undefined while nobody has answered, or Redis does not. */
  async function take(place: ElicitationPlace, mode: 'look' | 'close') {
    const text = await run(TAKE, place, [mode, String(KEEP_STATE_MS)]).catch(() => '')
    return text === '' ? undefined : (JSON.parse(text) as ElicitationAnswer)
  }

  async function waitFor(place: ElicitationPlace, over: AbortSignal) {
    let wake = Promise.withResolvers<void>()
    const stopListening = channels.listen(channel, (id) => {
      if (id === undefined || id === place.elicitationId) wake.resolve()
    })
    const onOver = () => wake.resolve()
    over.addEventListener('abort', onOver, { once: true })
    const timer = setInterval(() => wake.resolve(), lookMs)
    try {
      while (!over.aborted) {
        const answer = await take(place, 'look')
        if (answer) return answer
        await wake.promise
        wake = Promise.withResolvers()
      }
      // What came at the last moment counts.
      return await take(place, 'close')
    } finally {
      clearInterval(timer)
      over.removeEventListener('abort', onOver)
      stopListening()
    }
  }

  return {
    async ask(place, { maxWaitMs, signal }, onOpen) {
      signal.throwIfAborted()
      const lifetime = String(Math.ceil(maxWaitMs) + MARGIN_MS)
      const isOpen = await run(OPEN, place, [place.runId, lifetime]).catch(() => undefined)
      signal.throwIfAborted()
      if (!isOpen || draining.signal.aborted) return undefined
      onOpen()
      const over = AbortSignal.any([
        signal,
        draining.signal,
        AbortSignal.timeout(Math.ceil(maxWaitMs))
      ])
      const answer = await waitFor(place, over)
      signal.throwIfAborted()
      return answer
    },
    async state(place, answer) {
      const text = answer ? JSON.stringify(answer) : ''
      const args = [place.runId, text, channel, place.elicitationId]
      return (await run(ANSWER, place, args)) as ElicitationState
    },
    drain: () => draining.abort()
  }
}
