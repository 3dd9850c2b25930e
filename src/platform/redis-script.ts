import { createHash } from 'node:crypto'
import type { Span } from '@opentelemetry/api'
import type { Redis } from 'ioredis'
import { AppError } from '../errors.ts'
import { activeSpan, traced } from './tracing.ts'

/** What a script answers: Redis has no floats, objects or booleans here. */
export type RedisReply = Buffer | number | null | RedisReply[]

/** One Lua script: Redis runs it whole or not at all, so it is the unit in which anything changes. */
export interface RedisScript {
  /** For traces. */
  readonly name: string
  readonly text: string
  readonly sha: string
}

export interface RedisScriptCall {
  readonly keys: readonly string[]
  readonly args: readonly (string | number | Buffer)[]
}

/** `text` begins with its name: `-- claim`. */
export function defineScript(text: string): RedisScript {
  const name = /^-- ([a-z-]{1,40})\n/.exec(text)?.[1] ?? 'unnamed'
  return { name, text, sha: createHash('sha1').update(text).digest('hex') }
}

/**
 * Runs a script in one round trip, in two the first time a server sees it.
 * Throws REDIS_UNAVAILABLE: not connected, too slow, read-only, out of memory.
 */
export function runScript(
  client: Redis,
  script: RedisScript,
  call: RedisScriptCall
): Promise<RedisReply> {
  return mayTrace() ? tracedScript(client, script, call) : evaluate(client, script, call)
}

/** Of one span: a long answer is written to its log many times a second. */
const MAX_SPANS_PER_PARENT = 100
const counts = new WeakMap<Span, number>()

/** Whether a span is open that has room for another script. The rest it counts. */
function mayTrace(): boolean {
  const parent = activeSpan()
  if (!parent?.isRecording()) return false
  const count = (counts.get(parent) ?? 0) + 1
  counts.set(parent, count)
  if (count <= MAX_SPANS_PER_PARENT) return true
  parent.setAttribute('ai_ops.redis.untraced_scripts', count - MAX_SPANS_PER_PARENT)
  return false
}

function tracedScript(
  client: Redis,
  script: RedisScript,
  call: RedisScriptCall
): Promise<RedisReply> {
  const { name } = script
  const attributes = {
    'db.system.name': 'redis',
    'db.operation.name': 'EVALSHA',
    'db.stored_procedure.name': name
  }
  return traced({ name: `EVALSHA ${name}`, kind: 'client', attributes }, () =>
    evaluate(client, script, call)
  )
}

async function evaluate(
  client: Redis,
  { text, sha }: RedisScript,
  { keys, args }: RedisScriptCall
): Promise<RedisReply> {
  const parameters = [keys.length, ...keys, ...args]
  try {
    return (await client.callBuffer('EVALSHA', sha, ...parameters)) as RedisReply
  } catch (error) {
    if (!isUnknownScript(error)) throw unavailable(error)
  }
  try {
    return (await client.callBuffer('EVAL', text, ...parameters)) as RedisReply
  } catch (error) {
    throw unavailable(error)
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

const REFUSALS: readonly (readonly [begin: string, sentence: string])[] = [
  ['OOM', 'Redis, which keeps the conversations, has no memory left.'],
  ['READONLY', 'Redis, which keeps the conversations, is a replica now and takes no writes.'],
  ['MISCONF', 'Redis, which keeps the conversations, cannot write to its disk.'],
  ['NOPERM', 'Redis, which keeps the conversations, does not permit this user to write.']
]
const SILENT = 'Redis, which keeps the conversations, does not answer.'

/** Names a failure of Redis for the client; its own words go to the log as the cause. */
export function unavailable(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : ''
  const refusal = REFUSALS.find(([begin]) => message.includes(`${begin} `))
  return new AppError('REDIS_UNAVAILABLE', refusal?.[1] ?? SILENT, { cause })
}
