import { SCHEMA_VERSION } from './redis-keys.ts'

/** Characters of a content's hash; lists of contents are their hashes written one after another. */
export const HASH_CHARACTERS = 22
/** A list is whole again after this many lists that only say what they add to another. */
const MAX_LIST_DEPTH = 15
/** Entries of lapsed conversations that one script clears from the index at most. */
const MAX_LAPSED_PER_SCRIPT = 8

/**
 * What every script begins with. Line breaks separate the parts of a field's name, so no part has one:
 * `r\n<namespace>\n<id>` is a checkpoint's record, `b\n…` its own, opaque bytes, `h\n<namespace>` the id of
 * the head: the checkpoint put last. Not the one with the greatest id, which the clocks of two replicas make.
 */
export const GUARD = `
local conversation, checkpoints, contents, writes, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local leases, runs, results = KEYS[6], KEYS[7], KEYS[8]

-- What every name of this deployment begins with. A run's keys are only known here; without Cluster that is fine.
local base = string.match(KEYS[1], '^ai%-ops:[^:]*:')

local function runKeys(id)
  return base .. 'run:' .. id, base .. 'log:' .. id
end

-- A run has the conversation while its lease holds, and beyond that until somebody has taken it over.
local function isHeld(run, lease, now)
  if not run then return false end
  return tonumber(lease) > now or redis.call('EXISTS', (runKeys(run))) == 1
end

-- Why nothing may be changed: written by a newer version, deleted, expired, or claimed by someone else since.
local function refusal(fence)
  local state = redis.call('HMGET', conversation, 'schema', 'deleted', 'fence')
  if state[1] and tonumber(state[1]) > ${SCHEMA_VERSION} then return {'NEWER', state[1]} end
  if state[2] then return {'GONE'} end
  if fence ~= '' and state[3] ~= fence then return {state[3] and 'FENCED' or 'GONE'} end
end

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whether a run has this conversation now.
local function isAnswering()
  local state = redis.call('HMGET', conversation, 'run', 'lease')
  return isHeld(state[1], state[2], nowMs())
end

-- Every key lives on for ttl seconds: as many commands for a long conversation as for a new one.
local function touch(id, ttl)
  local now = nowMs()
  redis.call('HSETNX', conversation, 'schema', ${SCHEMA_VERSION})
  for i = 1, 4 do redis.call('EXPIRE', KEYS[i], ttl) end
  redis.call('EXPIRE', results, ttl)
  redis.call('ZADD', index, string.format('%.0f', now + ttl * 1000), id)
  redis.call('EXPIRE', index, ttl)
  local lapsed = redis.call(
    'ZRANGEBYSCORE', index, '-inf', string.format('%.0f', now), 'LIMIT', 0, ${MAX_LAPSED_PER_SCRIPT})
  if #lapsed > 0 then redis.call('ZREM', index, unpack(lapsed)) end
end
`

/**
 * Records. `v` maps a channel to what it holds: `{t}` a text, `{h}` the hash of a longer one, with the hashes of
 * the messages in it as `r`; or a list of messages: `{a}` the whole of it, or, with `b` and `k`, the first `k` of
 * the list in checkpoint `b` and then `a`. `d` says how many such steps a reader has to take. `p` is the parent, `q`
 * the question being answered, `f` the number of the claim under which it was written.
 */
export const LISTS = String.raw`
local WIDTH = ${HASH_CHARACTERS}

local function recordOf(ns, id)
  local text = redis.call('HGET', checkpoints, 'r\n' .. ns .. '\n' .. id)
  return text and cjson.decode(text) or nil
end

local function listOf(ns, channel, value)
  if not value.b then return value.a end
  local base = recordOf(ns, value.b)
  return string.sub(listOf(ns, channel, base.v[channel]), 1, value.k * WIDTH) .. value.a
end

local function commonHashes(left, right)
  local most = math.min(#left, #right) / WIDTH
  if string.sub(left, 1, most * WIDTH) == string.sub(right, 1, most * WIDTH) then return most end
  local same = 0
  while string.sub(left, same * WIDTH + 1, (same + 1) * WIDTH)
    == string.sub(right, same * WIDTH + 1, (same + 1) * WIDTH) do same = same + 1 end
  return same
end

-- The list as what it adds to the one its parent holds, or whole when that is no list or too deep.
local function relative(ns, parentId, parent, channel, list)
  local base = parent and parent.v[channel]
  if base and base.a and base.d < ${MAX_LIST_DEPTH} then
    local same = commonHashes(listOf(ns, channel, base), list)
    if same > 0 then
      return {b = parentId, k = same, a = string.sub(list, same * WIDTH + 1), d = base.d + 1}
    end
  end
  return {a = list, d = 0}
end

local function eachHash(hashes, visit)
  for i = 1, #hashes, WIDTH do visit(string.sub(hashes, i, i + WIDTH - 1)) end
end

-- The hashes a record or a write adds by itself.
local function ownHashes(value)
  return (value.a or '') .. (value.h or '') .. (value.r or '')
end

-- All that the conversation's records and writes refer to.
local function eachReferred(visit)
  local all = redis.call('HGETALL', checkpoints)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'r\n' then
      for _, value in pairs(cjson.decode(all[i + 1]).v) do eachHash(ownHashes(value), visit) end
    end
  end
  for _, write in ipairs(redis.call('HVALS', writes)) do
    eachHash(ownHashes(cjson.decode(write)), visit)
  end
end
`

/** Contents come with the call only where the caller does not know them to be there; what lacks is asked for. */
export const CONTENTS = `
local supplied, missing = {}, {}
local function supply(from)
  for i = from, #ARGV, 2 do supplied[ARGV[i]] = ARGV[i + 1] end
end
local function need(hashes)
  eachHash(hashes, function(hash)
    if not supplied[hash] and redis.call('HEXISTS', contents, hash) == 0 then
      missing[#missing + 1] = hash
    end
  end)
end
local function storeSupplied()
  for hash, content in pairs(supplied) do redis.call('HSETNX', contents, hash, content) end
end
`
