import { defineScript } from '../platform/redis-script.ts'
import { GUARD } from './redis-checkpoint-lua.ts'
import { SCHEMA_VERSION } from './redis-keys.ts'

/** Answers `{id, title, created, asked, run}`, or nothing for what is not (any more) the user's. */
const SUMMARY = `
local function summaryOf(key, id, user, mine)
  local state = redis.call('HMGET', key, 'user', 'title', 'created', 'run', 'lease')
  if state[1] ~= user then return nil end
  local asked = redis.call('ZSCORE', mine, id) or state[3]
  local run = isHeld(state[4], state[5], nowMs()) and state[4] or ''
  return {id, state[2] or '', state[3], asked, run}
end
`

/**
 * KEYS: the user's conversations. ARGV: how keys of conversations begin, user, how many at most. One that a newer
 * version wrote is left out: the list of all others should not fail because of it.
 */
export const LIST = defineScript(`-- list
${GUARD}${SUMMARY}
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, ARGV[3] - 1)) do
  local key = ARGV[1] .. id
  local schema = redis.call('HGET', key, 'schema')
  local summary = schema and tonumber(schema) <= ${SCHEMA_VERSION}
    and summaryOf(key, id, ARGV[2], KEYS[1])
  if summary then found[#found + 1] = summary end
end
return {'OK', found}
`)

/** ARGV: conversation id, user, the user's conversations (a key), a new title or nothing. Answers what was chosen, too. */
export const DESCRIBE = defineScript(`-- describe
${GUARD}${SUMMARY}
local refused = refusal('')
if refused then return refused end
if redis.call('HGET', conversation, 'user') ~= ARGV[2] then return {'GONE'} end
if ARGV[4] ~= '' then redis.call('HSET', conversation, 'title', ARGV[4]) end
local choice = redis.call('HGET', conversation, 'choice') or ''
return {'OK', summaryOf(conversation, ARGV[1], ARGV[2], ARGV[3]), choice}
`)
