import { GUARD } from '../conversations/redis-checkpoint-lua.ts'
import { defineScript } from '../platform/redis-script.ts'

/**
 * How runs lie in Redis. KEYS: those of the conversation, then the run (a hash) and its log (a stream, whose ids are
 * `<attempt>-<number>`). Every change is under the fence of the conversation's claim.
 */
const RUN = `${GUARD}
local run, log = KEYS[8], KEYS[9]
local refused = refusal(ARGV[1])
`

/**
 * ARGV: fence, attempt, seconds to live, channel, how many of the newest events are to stay or nothing, run,
 * conversation id, then number, type and event of each. What is there already is skipped: the answer of an earlier call was lost.
 */
const WRITE = `
local function write()
  local state = redis.call('HMGET', run, 'attempt', 'number')
  if not state[1] then return {'GONE'} end
  if state[1] ~= ARGV[2] then return {'FENCED'} end
  local number = tonumber(state[2])
  for i = 8, #ARGV, 3 do
    if tonumber(ARGV[i]) > number then
      redis.call('XADD', log, ARGV[2] .. '-' .. ARGV[i], 't', ARGV[i + 1], 'e', ARGV[i + 2])
      number = tonumber(ARGV[i])
    end
  end
  redis.call('HSET', run, 'number', number)
  if ARGV[5] ~= '' then redis.call('XTRIM', log, 'MAXLEN', ARGV[5]) end
  redis.call('EXPIRE', log, ARGV[3])
  redis.call('PUBLISH', ARGV[4], number)
end
`

/** ARGV: fence, run, seconds to live, record, grant. Answers when it was first kept (ms): a repeated call changes nothing. */
export const OPEN_RUN = defineScript(`${RUN}
if refused then return refused end
local created = redis.call('HGET', run, 'created')
if not created then
  local now = nowMs()
  created = string.format('%.0f', now)
  redis.call('HSET', run, 'record', ARGV[4], 'grant', ARGV[5], 'created', created, 'attempt', 1, 'number', 0)
  redis.call('EXPIRE', run, ARGV[3])
  redis.call('ZREMRANGEBYSCORE', runs, '-inf', string.format('%.0f', now - ARGV[3] * 1000))
  redis.call('ZADD', runs, created, ARGV[2])
  redis.call('EXPIRE', runs, ARGV[3])
end
return {'OK', created}
`)

export const APPEND = defineScript(`${RUN}${WRITE}
return refused or write() or {'OK'}
`)

/** The last events, the end of the run and of its claim, in one. What only answering needs is forgotten. */
export const END_RUN = defineScript(`${RUN}${WRITE}
if refused then return refused end
if redis.call('HEXISTS', run, 'ended') == 1 then return {'OK'} end
local failed = write()
if failed then return failed end
redis.call('HSET', run, 'ended', string.format('%.0f', nowMs()))
redis.call('HDEL', run, 'grant', 'cancel')
redis.call('EXPIRE', run, ARGV[3])
if redis.call('HGET', conversation, 'run') == ARGV[6] then
  redis.call('HDEL', conversation, 'run', 'lease')
  redis.call('ZREM', leases, ARGV[7])
end
return {'OK'}
`)

/** ARGV: fence, seconds to live. Begins a new attempt. Answers {record, grant, created, attempt, cancel}, NONE or ENDED. */
export const REOPEN_RUN = defineScript(`${RUN}
if refused then return refused end
local state = redis.call('HMGET', run, 'record', 'grant', 'created', 'cancel', 'ended')
if not state[1] then return {'NONE'} end
if state[5] then return {'ENDED'} end
local attempt = redis.call('HINCRBY', run, 'attempt', 1)
redis.call('HSET', run, 'number', 0)
for _, key in ipairs({run, log, runs}) do redis.call('EXPIRE', key, ARGV[2]) end
return {'OK', state[1], state[2] or '', state[3], attempt, state[4] or ''}
`)

/** ARGV: fence, attempt, call. Answers the attempt that began the call first. */
export const BEGIN_CALL = defineScript(`${RUN}
if refused then return refused end
if redis.call('EXISTS', run) == 0 then return {'GONE'} end
redis.call('HSETNX', run, 'started:' .. ARGV[3], ARGV[2])
return {'OK', redis.call('HGET', run, 'started:' .. ARGV[3])}
`)

/** KEYS: the run. ARGV: channel, run. Whoever answers it hears of it, and looks for it too. */
export const CANCEL_RUN = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return {'NONE'} end
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return {'ENDED'} end
redis.call('HSET', KEYS[1], 'cancel', 1)
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {'OK'}
`)

/** KEYS: runs. Answers which of them are to be stopped, as places in the list. */
export const CANCELLED = defineScript(`
local found = {}
for place, key in ipairs(KEYS) do
  if redis.call('HEXISTS', key, 'cancel') == 1 then found[#found + 1] = place end
end
return {'OK', found}
`)
