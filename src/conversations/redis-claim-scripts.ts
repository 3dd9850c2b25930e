import { defineScript } from '../platform/redis-script.ts'
import { GUARD } from './redis-checkpoint-lua.ts'

/** Oldest conversations that are tried, when one has to give way. */
const MAX_ROOM_CANDIDATES = 8

/**
 * ARGV: conversation id, ttl, user, run, lease ms, 'open' or 'take', the user's conversations (a key), how many
 * there may be, how many turns, a title for one without, what was chosen or nothing. The fence goes up with every claim, so what an earlier one still writes is refused.
 * A repeated call of the run that has the claim changes nothing: its first answer may have been lost.
 */
export const CLAIM = defineScript(`-- claim
${GUARD}
local refused = refusal('')
if refused then return refused end
local user, run, mine = ARGV[3], ARGV[4], ARGV[7]
local now = nowMs()
local lease = string.format('%.0f', now + ARGV[5])
local state = redis.call('HMGET', conversation, 'user', 'run', 'lease', 'turns', 'fence')
if ARGV[6] == 'take' then
  if state[1] ~= user then return {'GONE'} end
  if state[2] == run then
    redis.call('HSET', conversation, 'lease', lease)
    redis.call('ZADD', leases, lease, ARGV[1])
    return {'OK', state[5]}
  end
  if isHeld(state[2], state[3], now) then return {'BUSY', state[2]} end
  if tonumber(state[4]) >= tonumber(ARGV[9]) then return {'FULL'} end
elseif redis.call('ZCARD', mine) >= tonumber(ARGV[8]) then
  return {'ROOM', redis.call('ZRANGE', mine, 0, ${MAX_ROOM_CANDIDATES - 1})}
end
local fence = redis.call('HINCRBY', conversation, 'fence', 1)
redis.call('HINCRBY', conversation, 'turns', 1)
redis.call('HSETNX', conversation, 'created', string.format('%.0f', now))
redis.call('HSETNX', conversation, 'title', ARGV[10])
redis.call('HSET', conversation, 'user', user, 'run', run, 'lease', lease)
if ARGV[11] ~= '' then redis.call('HSET', conversation, 'choice', ARGV[11])
else redis.call('HDEL', conversation, 'choice') end
redis.call('ZADD', leases, lease, ARGV[1])
redis.call('EXPIRE', leases, ARGV[2])
redis.call('ZADD', mine, string.format('%.0f', now), ARGV[1])
redis.call('EXPIRE', mine, ARGV[2])
touch(ARGV[1], ARGV[2])
return {'OK', tostring(fence)}
`)

/**
 * ARGV: fence, run, lease ms, conversation id. No milliseconds hand the claim over: it has lapsed at once. Of a run that
 * waits for a person (no lease at all) nothing changes: a heartbeat that was on its way would end the wait.
 */
export const RENEW = defineScript(`-- renew
${GUARD}
local refused = refusal(ARGV[1])
if refused then return refused end
if redis.call('HGET', conversation, 'run') ~= ARGV[2] then return {'FENCED'} end
if redis.call('HGET', conversation, 'lease') == '0' then return {'OK'} end
local lease = string.format('%.0f', nowMs() + ARGV[3])
redis.call('HSET', conversation, 'lease', lease)
redis.call('ZADD', leases, lease, ARGV[4])
return {'OK'}
`)

/** KEYS: the leases. ARGV: how many at most. Answers the conversations whose runs nobody answers any more, longest first. */
export const LAPSED = defineScript(`-- lapsed
${GUARD}
local now = string.format('%.0f', nowMs())
return {'OK', redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])}
`)

/**
 * ARGV: conversation id, ttl, lease ms. Takes a lapsed claim with its run: the fence goes up, so its former holder, who
 * may only have been frozen, writes nothing any more. Answers {run, fence, user}, or NONE.
 */
export const TAKE_OVER = defineScript(`-- take-over
${GUARD}
local refused = refusal('')
local state = not refused and redis.call('HMGET', conversation, 'run', 'lease', 'user')
if not state or not state[1] then
  -- Not of one that a newer version wrote: that will look for it here.
  if not refused or refused[1] ~= 'NEWER' then redis.call('ZREM', leases, ARGV[1]) end
  return refused or {'NONE'}
end
local now = nowMs()
if tonumber(state[2]) > now then return {'NONE'} end
local lease = string.format('%.0f', now + ARGV[3])
local fence = redis.call('HINCRBY', conversation, 'fence', 1)
redis.call('HSET', conversation, 'lease', lease)
redis.call('ZADD', leases, lease, ARGV[1])
touch(ARGV[1], ARGV[2])
return {'OK', state[1], tostring(fence), state[3]}
`)

/**
 * ARGV: fence, run, conversation id. The fence stays where it is: it only ever goes up. A run that was kept and never told to
 * anybody goes along.
 */
export const RELEASE = defineScript(`-- release
${GUARD}
local refused = refusal(ARGV[1])
if refused then return refused end
if redis.call('HGET', conversation, 'run') == ARGV[2] then
  redis.call('HDEL', conversation, 'run', 'lease')
  redis.call('ZREM', leases, ARGV[3])
  local kept, log = runKeys(ARGV[2])
  if redis.call('HEXISTS', kept, 'ended') == 0 then
    redis.call('UNLINK', kept, log)
    redis.call('ZREM', runs, ARGV[2])
  end
end
return {'OK'}
`)
