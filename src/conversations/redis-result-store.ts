import { patiently } from '../platform/patiently.ts'
import { defineScript, type RedisReply } from '../platform/redis-script.ts'
import {
  type ConversationScriptsOptions,
  createConversationScripts
} from './conversation-scripts.ts'
import { GUARD } from './redis-checkpoint-lua.ts'
import { packText, type ResultPlace, type ResultStore, unpackText } from './result-store.ts'

const SECONDS_PER_DAY = 86_400

/**
 * Results are the fields `r\n<id>` of one hash, `order` names them, oldest first, each followed by its bytes.
 * ARGV: fence, ttl, conversation id, result id, bytes, most bytes of all.
 */
const KEEP = defineScript(String.raw`-- keep
${GUARD}
local refused = refusal(ARGV[1])
if refused then return refused end
local id, size, most = ARGV[4], #ARGV[5], tonumber(ARGV[6])
if size > most then return {'LARGE'} end
local kept, total = {}, size
for other, bytes in string.gmatch(redis.call('HGET', results, 'order') or '', '([^\n]+)\n(%d+)\n') do
  if other ~= id then
    kept[#kept + 1] = {other, bytes}
    total = total + bytes
  end
end
local first = 1
while total > most do
  redis.call('HDEL', results, 'r\n' .. kept[first][1])
  total = total - kept[first][2]
  first = first + 1
end
local order = ''
for i = first, #kept do order = order .. kept[i][1] .. '\n' .. kept[i][2] .. '\n' end
redis.call('HSET', results, 'r\n' .. id, ARGV[5], 'order', order .. id .. '\n' .. size .. '\n')
touch(ARGV[3], ARGV[2])
return {'OK'}
`)

/** ARGV: result id. */
const READ = defineScript(String.raw`-- read
${GUARD}
local refused = refusal('')
if refused then return refused end
local found = redis.call('HGET', results, 'r\n' .. ARGV[1])
return found and {'OK', found} or {'NONE'}
`)

export interface RedisResultStoreOptions extends ConversationScriptsOptions {
  readonly ttlDays: number
  /** Packed bytes of one conversation. */
  readonly maxBytesPerConversation: number
  /** For how long it waits for a Redis that is gone: no longer than a claim's lease. */
  readonly patienceMs: number
}

/** Results in Redis, in one hash beside their conversation's checkpoints: every replica reads them. */
export function createRedisResultStore(options: RedisResultStoreOptions): ResultStore {
  const { client, ttlDays, maxBytesPerConversation, patienceMs } = options
  const run = createConversationScripts(options)
  const ttlSeconds = Math.round(ttlDays * SECONDS_PER_DAY)

  /** Both scripts count once when they are run twice. */
  function ask(
    script: typeof KEEP,
    { conversationId }: ResultPlace,
    args: readonly (string | number | Buffer)[]
  ) {
    return patiently(
      () => run(script, conversationId, args),
      patienceMs,
      () => client.status === 'end'
    )
  }

  return {
    async keep(place, resultId, text) {
      const bytes = await packText(text)
      // A script's arguments are held by Redis while it runs.
      if (bytes.length > maxBytesPerConversation) return false
      const { fence = '', conversationId } = place
      const claim = [fence, ttlSeconds, conversationId]
      const args = [...claim, resultId, bytes, maxBytesPerConversation]
      const { outcome } = await ask(KEEP, place, args)
      return outcome === 'OK'
    },

    async read(place, resultId) {
      const { outcome, parts } = await ask(READ, place, [resultId])
      return outcome === 'OK' ? unpackText(bytesOf(parts[0])) : undefined
    }
  }
}

function bytesOf(reply: RedisReply | undefined): Buffer {
  if (Buffer.isBuffer(reply)) return reply
  throw new Error('Redis answered something else than a stored result')
}
