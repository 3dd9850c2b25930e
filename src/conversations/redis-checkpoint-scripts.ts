import { defineScript } from '../platform/redis-script.ts'
import { CONTENTS, GUARD, LISTS } from './redis-checkpoint-lua.ts'
import { SCHEMA_VERSION } from './redis-keys.ts'

const MAX_HASHES_PER_READ = 1_000

/** ARGV: fence, ttl, conversation id, namespace, id, parent id, own bytes, new values, carried channels, turn, contents … */
export const PUT = defineScript(String.raw`-- put
${GUARD}${LISTS}${CONTENTS}
local ns, id, parentId = ARGV[4], ARGV[5], ARGV[6]
local refused = refusal(ARGV[1])
if refused then return refused end
-- A checkpoint never changes, for others lean on it: the second put of an id is a repeated first one.
if redis.call('HEXISTS', checkpoints, 'r\n' .. ns .. '\n' .. id) == 1 then
  touch(ARGV[3], ARGV[2])
  return {'OK'}
end
if parentId == id then parentId = '' end
supply(11)
local parent = parentId ~= '' and recordOf(ns, parentId) or nil
local carried = cjson.decode(ARGV[9])
-- Values that did not change are only in the parent.
if parentId ~= '' and not parent and #carried > 0 then return {'PARENTLESS'} end
local values = {}
for channel, value in pairs(cjson.decode(ARGV[8])) do
  values[channel] = value.l and relative(ns, parentId, parent, channel, value.l) or value
  need(ownHashes(values[channel]))
end
if #missing > 0 then return {'MISSING', missing} end
for _, channel in ipairs(carried) do
  if parent then values[channel] = parent.v[channel] end
end
storeSupplied()
local record = {
  v = values, p = parentId ~= '' and parentId or nil,
  q = ARGV[10] ~= '' and ARGV[10] or nil, f = tonumber(redis.call('HGET', conversation, 'fence') or '')
}
local fresh = redis.call('HGET', checkpoints, 'fresh') or ''
redis.call('HSET', checkpoints,
  'r\n' .. ns .. '\n' .. id, cjson.encode(record),
  'b\n' .. ns .. '\n' .. id, ARGV[7],
  'h\n' .. ns, id,
  'fresh', fresh .. ns .. '\n' .. id .. '\n')
touch(ARGV[3], ARGV[2])
return {'OK'}
`)

/** ARGV: fence, ttl, conversation id, field prefix, number of writes, hashes, {index, write} …, contents … */
export const PUT_WRITES = defineScript(`-- put-writes
${GUARD}${LISTS}${CONTENTS}
local refused = refusal(ARGV[1])
if refused then return refused end
local last = 6 + 2 * ARGV[5]
supply(last + 1)
need(ARGV[6])
if #missing > 0 then return {'MISSING', missing} end
storeSupplied()
for i = 7, last, 2 do
  -- Errors and interrupts have indexes below zero and replace each other; of anything else the first counts.
  local command = tonumber(ARGV[i]) < 0 and 'HSET' or 'HSETNX'
  redis.call(command, writes, ARGV[4] .. ARGV[i], ARGV[i + 1])
end
touch(ARGV[3], ARGV[2])
return {'OK'}
`)

/** ARGV: namespace, id or nothing for the head. Answers the checkpoint with all it needs, and changes nothing. */
export const GET = defineScript(String.raw`-- get
${GUARD}${LISTS}
local refused = refusal('')
if refused then return refused end
local ns, id = ARGV[1], ARGV[2]
if id == '' then id = redis.call('HGET', checkpoints, 'h\n' .. ns) end
local text = id and redis.call('HGET', checkpoints, 'r\n' .. ns .. '\n' .. id)
if not text then return {'NONE'} end

local wanted, hashes = {}, {}
local function want(hash)
  if not wanted[hash] then
    wanted[hash] = true
    hashes[#hashes + 1] = hash
  end
end
local lists, found = {}, {}
for channel, value in pairs(cjson.decode(text).v) do
  if value.a then
    local list = listOf(ns, channel, value)
    lists[#lists + 1] = channel
    lists[#lists + 1] = list
    eachHash(list, want)
  else
    eachHash(ownHashes(value), want)
  end
end
local prefix = ns .. '\n' .. id .. '\n'
for _, field in ipairs(redis.call('HKEYS', writes)) do
  if string.sub(field, 1, #prefix) == prefix then
    local write = redis.call('HGET', writes, field)
    found[#found + 1] = string.sub(field, #prefix + 1)
    found[#found + 1] = write
    eachHash(ownHashes(cjson.decode(write)), want)
  end
end
local read = {}
for from = 1, #hashes, ${MAX_HASHES_PER_READ} do
  local to = math.min(from + ${MAX_HASHES_PER_READ - 1}, #hashes)
  local page = redis.call('HMGET', contents, unpack(hashes, from, to))
  for i = 1, #page do read[from + i - 1] = page[i] end
end
local bytes = redis.call('HGET', checkpoints, 'b\n' .. ns .. '\n' .. id)
return {'OK', id, text, bytes, lists, found, hashes, read}
`)

/** Answers the names of all records: `r\n<namespace>\n<id>`, among other fields. */
export const FIELDS = defineScript(`-- fields
${GUARD}
local refused = refusal('')
if refused then return refused end
return {'OK', redis.call('HKEYS', checkpoints)}
`)

/** ARGV: namespace. Answers `{id, parent or nothing, turn or nothing, fence}` of every checkpoint. */
export const TREE = defineScript(String.raw`-- tree
${GUARD}
local refused = refusal('')
if refused then return refused end
local prefix = 'r\n' .. ARGV[1] .. '\n'
local all, found = redis.call('HGETALL', checkpoints), {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, #prefix) == prefix then
    local record = cjson.decode(all[i + 1])
    found[#found + 1] = {string.sub(all[i], #prefix + 1), record.p or '', record.q or '', record.f or 0}
  end
end
return {'OK', found}
`)

/**
 * ARGV: fence, ttl, conversation id. Of the checkpoints put since the last time only the heads and the last one of
 * each turn stay; work and answer grow with them, not with the conversation, unless a content was left behind: then
 * all are looked at once.
 * 'idle' at the end spares a conversation that is being answered, and does not make another live longer.
 */
export const PRUNE = defineScript(String.raw`-- prune
${GUARD}${LISTS}
local refused = refusal(ARGV[1])
if refused then return refused end
if ARGV[4] == 'idle' and isAnswering() then return {'BUSY'} end
local fresh = redis.call('HGET', checkpoints, 'fresh')
if not fresh then return {'OK', 0, 0} end
-- A full Redis takes nothing in unless something went out before in the same script.
redis.call('HDEL', checkpoints, '')

local doomed, kept, left, continued = {}, {}, {}, {}
local records = {}
for ns, id in string.gmatch(fresh, '([^\n]*)\n([^\n]+)\n') do
  local record = recordOf(ns, id)
  if record then
    records[#records + 1] = {ns = ns, id = id, name = ns .. '\n' .. id, record = record}
    if record.p and record.q then continued[ns .. '\n' .. record.p .. '\n' .. record.q] = true end
  end
end
for _, at in ipairs(records) do
  local turn = at.record.q
  local isEnd = turn and not continued[at.name .. '\n' .. turn]
  if isEnd or redis.call('HGET', checkpoints, 'h\n' .. at.ns) == at.id then
    kept[#kept + 1] = at
  else
    doomed[at.name] = true
  end
end

-- What stays is told in terms of the nearest checkpoint before it that stays.
for _, at in ipairs(kept) do
  local ns, record = at.ns, at.record
  local parentId = record.p
  local seen = {}
  while parentId and doomed[ns .. '\n' .. parentId] do
    -- Parents that were named before they were put may lead in a circle.
    if seen[parentId] then parentId = nil break end
    seen[parentId] = true
    local parent = recordOf(ns, parentId)
    parentId = parent and parent.p
  end
  local parent = parentId and recordOf(ns, parentId)
  local values = {}
  for channel, value in pairs(record.v) do
    values[channel] = value.a and relative(ns, parentId, parent, channel, listOf(ns, channel, value)) or value
  end
  at.values = values
  at.text = cjson.encode({v = values, p = parentId, q = record.q, f = record.f})
end

local function leave(hash) left[hash] = true end
local function keep(hash) left[hash] = nil end
local removed = 0
for name in pairs(doomed) do
  local text = redis.call('HGET', checkpoints, 'r\n' .. name)
  if text then
    for _, value in pairs(cjson.decode(text).v) do eachHash(ownHashes(value), leave) end
    redis.call('HDEL', checkpoints, 'r\n' .. name, 'b\n' .. name)
    removed = removed + 1
  end
end
for _, at in ipairs(kept) do
  redis.call('HSET', checkpoints, 'r\n' .. at.name, at.text)
  for _, value in pairs(at.values) do eachHash(ownHashes(value), keep) end
end
for _, field in ipairs(redis.call('HKEYS', writes)) do
  local name = string.match(field, '^([^\n]*\n[^\n]*)\n')
  if redis.call('HEXISTS', checkpoints, 'r\n' .. name) == 0 then
    eachHash(ownHashes(cjson.decode(redis.call('HGET', writes, field))), leave)
    redis.call('HDEL', writes, field)
  end
end
for _, at in ipairs(kept) do
  for _, value in pairs(at.values) do eachHash(ownHashes(value), keep) end
end

local collected = 0
if next(left) then
  eachReferred(keep)
  for hash in pairs(left) do collected = collected + redis.call('HDEL', contents, hash) end
end
redis.call('HDEL', checkpoints, 'fresh')
if ARGV[4] ~= 'idle' then touch(ARGV[3], ARGV[2]) end
return {'OK', removed, collected}
`)

/**
 * ARGV: conversation id, seconds for which nothing of that id can be written, how keys of users begin, 'idle' to
 * spare a conversation that is being answered, or 'own' to spare another user's; its owner where an expired one no longer tells; a time (ms) to spare
 * one that was asked later. The key of the owner is only known here; without Cluster that is fine. Answers whether the owner had it.
 */
export const DELETE = defineScript(`-- delete
${GUARD}
local refused = refusal('')
if refused and refused[1] ~= 'GONE' then return refused end
local state = redis.call('HMGET', conversation, 'user', 'run', 'lease', 'created')
if ARGV[4] == 'own' and state[1] ~= ARGV[5] then return {'GONE'} end
if ARGV[4] == 'idle' and isHeld(state[2], state[3], nowMs()) then return {'BUSY'} end
local owner = state[1] or ARGV[5] or ''
if ARGV[6] then
  local asked = redis.call('ZSCORE', ARGV[3] .. owner, ARGV[1]) or state[4]
  if asked and tonumber(asked) > tonumber(ARGV[6]) then return {'BUSY'} end
end
local struck = redis.call('ZREM', ARGV[3] .. owner, ARGV[1])
local existed = redis.call('DEL', conversation)
redis.call('UNLINK', checkpoints, contents, writes, results)
-- What its runs said is part of it.
for _, id in ipairs(redis.call('ZRANGE', runs, 0, -1)) do redis.call('UNLINK', runKeys(id)) end
redis.call('DEL', runs)
redis.call('ZREM', index, ARGV[1])
redis.call('ZREM', leases, ARGV[1])
if existed == 1 then
  redis.call('HSET', conversation, 'schema', ${SCHEMA_VERSION}, 'deleted', 1)
  redis.call('EXPIRE', conversation, ARGV[2])
end
return {'OK', struck}
`)
