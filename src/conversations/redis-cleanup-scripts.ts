import { defineScript } from '../platform/redis-script.ts'
import { GUARD, LISTS } from './redis-checkpoint-lua.ts'
import { SCHEMA_VERSION } from './redis-keys.ts'

/** Entries of one user's list that are looked at: more than a user can have conversations. */
const MAX_ENTRIES_PER_USER = 2_000

/** Redis' own number for the keys of one conversation and its runs, all fields counted. Not the index: it is everybody's. */
const SIZE = `
local function size()
  local bytes = 0
  local function add(...)
    for _, key in ipairs({...}) do
      bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0)
    end
  end
  add(conversation, checkpoints, contents, writes, runs, results)
  for _, id in ipairs(redis.call('ZRANGE', runs, 0, -1)) do add(runKeys(id)) end
  return bytes
end
`

/**
 * KEYS: the index. ARGV: score and id of the conversation that was looked at last, or nothing; how many. Answers ids and
 * scores of those after it, or after what its place was when it has moved meanwhile: those that expire first come first.
 */
export const PAGE = defineScript(`-- page
local from = 0
if ARGV[1] ~= '' then
  if redis.call('ZSCORE', KEYS[1], ARGV[2]) == ARGV[1] then
    from = redis.call('ZRANK', KEYS[1], ARGV[2]) + 1
  else
    from = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[1])
  end
end
return {'OK', redis.call('ZRANGE', KEYS[1], from, from + ARGV[3] - 1, 'WITHSCORES')}
`)

/**
 * ARGV: conversation id, how keys of users and of conversations begin, ms after its newest question that a conversation
 * is kept, how many of a user. Answers what there is to do, the bytes of its keys, its user and its newest question
 * (ms): EXPIRED (only struck off the index), HELD (being answered), AGED, BEYOND (the limit), USED (since its contents
 * were collected) or KEPT.
 */
export const VISIT = defineScript(`-- visit
${GUARD}${SIZE}
local id, user = ARGV[1], redis.call('HGET', conversation, 'user') or ''
local mine, most = ARGV[2] .. user, tonumber(ARGV[5])
local state = redis.call('HMGET', conversation, 'schema', 'deleted', 'created', 'collected')
if not state[1] or state[2] then
  redis.call('ZREM', index, id)
  return {'EXPIRED'}
end
if tonumber(state[1]) > ${SCHEMA_VERSION} then return {'NEWER', state[1]} end

-- Entries of conversations that have expired take nobody's place.
local function isBeyond()
  local rank = redis.call('ZREVRANK', mine, id)
  if not rank or rank < most then return false end
  local newer = 0
  for _, other in ipairs(redis.call('ZREVRANGE', mine, 0, rank - 1)) do
    newer = newer + redis.call('EXISTS', ARGV[3] .. other)
    if newer >= most then return true end
  end
  return false
end

local asked = redis.call('ZSCORE', mine, id) or state[3] or ''
local function answer(word) return {word, size(), user, asked} end
if isAnswering() then return answer('HELD') end
if asked ~= '' and nowMs() - asked >= tonumber(ARGV[4]) then return answer('AGED') end
if isBeyond() then return answer('BEYOND') end
return answer(state[4] == asked and 'KEPT' or 'USED')
`)

/**
 * ARGV: the newest question (ms) when it was visited. Contents that neither a checkpoint nor a write refers to go: a
 * write that came second has left its own behind. Answers how many, and the bytes of the keys then.
 */
export const COLLECT = defineScript(`-- collect
${GUARD}${LISTS}${SIZE}
local refused = refusal('')
if refused then return refused end
if redis.call('EXISTS', conversation) == 0 then return {'GONE'} end
if isAnswering() then return {'BUSY'} end
local kept, lost = {}, {}
local function keep(hash) kept[hash] = true end
eachReferred(keep)
for _, hash in ipairs(redis.call('HKEYS', contents)) do
  if not kept[hash] then lost[#lost + 1] = hash end
end
for _, hash in ipairs(lost) do redis.call('HDEL', contents, hash) end
-- A full Redis takes nothing in unless something went out before in the same script.
redis.call('HDEL', conversation, 'collected')
redis.call('HSET', conversation, 'collected', ARGV[1])
return {'OK', #lost, size()}
`)

/** KEYS: a user's conversations. ARGV: how keys of conversations begin. Answers how many expired ones it struck off. */
export const STRIKE_OFF = defineScript(`-- strike-off
local struck = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ${MAX_ENTRIES_PER_USER - 1})) do
  if redis.call('EXISTS', ARGV[1] .. id) == 0 then
    struck = struck + redis.call('ZREM', KEYS[1], id)
  end
end
return {'OK', struck}
`)

/** KEYS: where the cleanup is. ARGV: that, as JSON; ttl. Also works in a Redis that is full. */
export const KEEP_PLACE = defineScript(`-- keep-place
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return {'OK'}
`)
