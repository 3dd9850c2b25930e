import type { RunConversationScript } from '../conversations/conversation-scripts.ts'
import { GUARD } from '../conversations/redis-checkpoint-lua.ts'
import { defineScript, type RedisScript } from '../platform/redis-script.ts'

/** As `RunConversationScript`, with the keys of a run beside those of its conversation. */
export type RunScript = (
  script: RedisScript,
  run: { readonly conversationId: string; readonly runId: string },
  args: Parameters<RunConversationScript>[2]
) => ReturnType<RunConversationScript>

/**
 * How runs lie in Redis. KEYS: those of the conversation, then the run (a hash) and its log (a stream, whose ids are
 * `<attempt>-<number>`). Every change is under the fence of the conversation's claim.
 */
const RUN_KEYS = `${GUARD}
local run, log = KEYS[9], KEYS[10]
`
const RUN = `${RUN_KEYS}
local refused = refusal(ARGV[1])
`

/**
 * ARGV: fence, attempt, seconds to live, channel, how many of the newest events are to stay or nothing, run,
 * conversation id, what a run waits for or nothing, then number, type and event of each. What is there already is skipped: the answer of an earlier call was lost.
 */
const WRITE = `
local function write()
  local state = redis.call('HMGET', run, 'attempt', 'number')
  if not state[1] then return {'GONE'} end
  if state[1] ~= ARGV[2] then return {'FENCED'} end
  local number = tonumber(state[2])
  for i = 9, #ARGV, 3 do
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
export const OPEN_RUN = defineScript(`-- open-run
${RUN}
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

export const APPEND = defineScript(`-- append
${RUN}${WRITE}
return refused or write() or {'OK'}
`)

/** The last events, the end of the run and of its claim, in one. What only answering needs is forgotten. */
export const END_RUN = defineScript(`-- end-run
${RUN}${WRITE}
if refused then return refused end
if redis.call('HEXISTS', run, 'ended') == 1 then return {'OK'} end
local failed = write()
if failed then return failed end
local now = string.format('%.0f', nowMs())
redis.call('HSET', run, 'ended', now)
-- It can be read for a while, however long ago it began, and goes with its conversation.
redis.call('ZADD', runs, 'XX', now, ARGV[6])
redis.call('HDEL', run, 'grant', 'cancel', 'waiting')
redis.call('EXPIRE', run, ARGV[3])
if redis.call('HGET', conversation, 'run') == ARGV[6] then
  redis.call('HDEL', conversation, 'run', 'lease')
  redis.call('ZREM', leases, ARGV[7])
end
return {'OK'}
`)

/**
 * The last event of an attempt that waits for a person, and the end of its lease, in one. In place of the lease stands when
 * the wait lapses: whoever looks then takes the run over, and so does whoever was told to. What was asked to stop does not wait.
 * ARGV[8]: {ms, actions}, the hash of each action by its call.
 */
export const WAIT_RUN = defineScript(`-- wait-run
${RUN}${WRITE}
if refused then return refused end
if redis.call('HEXISTS', run, 'waiting') == 1 then return {'OK'} end
local failed = write()
if failed then return failed end
local wait = cjson.decode(ARGV[8])
local now, left = nowMs(), 0
local deadline = string.format('%.0f', now + wait.ms)
for call, hash in pairs(wait.actions) do
  redis.call('HSET', run, 'pending:' .. call, hash)
  if redis.call('HEXISTS', run, 'decided:' .. call) == 0 then left = left + 1 end
end
redis.call('HSET', run, 'waiting', deadline, 'undecided', left)
redis.call('HINCRBY', run, 'waits', 1)
redis.call('EXPIRE', run, ARGV[3])
-- The conversation must not expire under a run that waits in it.
local ttl = math.max(redis.call('TTL', conversation), tonumber(ARGV[3]))
touch(ARGV[7], ttl)
redis.call('EXPIRE', leases, ttl)
if redis.call('HGET', conversation, 'run') == ARGV[6] then
  redis.call('HSET', conversation, 'lease', 0)
  -- Decided before this was told, as after a lost answer: nobody would come to decide it.
  local isOver = left == 0 or redis.call('HEXISTS', run, 'cancel') == 1
  redis.call('ZADD', leases, isOver and string.format('%.0f', now) or deadline, ARGV[7])
end
return {'OK'}
`)

/**
 * Each action is decided once, all of them or none. The log is nobody's meanwhile: it goes on where the attempt stopped.
 * ARGV: grant, seconds to live, channel, conversation id, then call, decision and event of each. Answers {how many are left,
 * the calls that are decided now}, or with a call UNKNOWN or DECIDED, or LAPSED.
 */
export const DECIDE_RUN = defineScript(`-- decide-run
${RUN_KEYS}
local refused = refusal('')
if refused then return refused end
local state = redis.call('HMGET', run, 'attempt', 'number', 'waiting', 'undecided', 'ended')
if not state[1] then return {'GONE'} end
local fresh, named = {}, {}
for i = 5, #ARGV, 3 do
  if redis.call('HEXISTS', run, 'pending:' .. ARGV[i]) == 0 then return {'UNKNOWN', ARGV[i]} end
  local known = named[ARGV[i]] or redis.call('HGET', run, 'decided:' .. ARGV[i])
  if not known then
    fresh[#fresh + 1] = i
    named[ARGV[i]] = ARGV[i + 1]
  elseif known ~= ARGV[i + 1] then
    return {'DECIDED', ARGV[i]}
  end
end
local left, number, calls = tonumber(state[4]), tonumber(state[2]), {}
if #fresh == 0 then return {'OK', left, calls} end
if state[5] or not state[3] or tonumber(state[3]) <= nowMs() then return {'LAPSED'} end
for _, i in ipairs(fresh) do
  number, left = number + 1, left - 1
  calls[#calls + 1] = ARGV[i]
  redis.call('HSET', run, 'decided:' .. ARGV[i], ARGV[i + 1])
  redis.call('XADD', log, state[1] .. '-' .. string.format('%.0f', number), 't', 'CUSTOM', 'e', ARGV[i + 2])
end
redis.call('HSET', run, 'number', number, 'undecided', left, 'grant', ARGV[1])
redis.call('EXPIRE', log, ARGV[2])
redis.call('PUBLISH', ARGV[3], number)
if left == 0 then
  redis.call('HDEL', run, 'waiting')
  redis.call('ZADD', leases, string.format('%.0f', nowMs()), ARGV[4])
end
return {'OK', left, calls}
`)

/**
 * ARGV: fence, seconds to live. Begins a new attempt. Answers {record, grant, created, attempt, cancel, how often it has
 * waited, whether it waited too long}, NONE or ENDED.
 */
export const REOPEN_RUN = defineScript(`-- reopen-run
${RUN}
if refused then return refused end
local state = redis.call('HMGET', run, 'record', 'grant', 'created', 'cancel', 'ended', 'waits', 'waiting')
if not state[1] then return {'NONE'} end
if state[5] then return {'ENDED'} end
-- Stays with the run: whoever has it now may be gone before its end is told.
if state[7] and tonumber(state[7]) <= nowMs() then redis.call('HSET', run, 'lapsed', 1) end
local lapsed = redis.call('HEXISTS', run, 'lapsed') == 1 and 'lapsed' or ''
redis.call('HDEL', run, 'waiting')
local attempt = redis.call('HINCRBY', run, 'attempt', 1)
redis.call('HSET', run, 'number', 0)
for _, key in ipairs({run, log, runs}) do redis.call('EXPIRE', key, ARGV[2]) end
return {'OK', state[1], state[2] or '', state[3], attempt, state[4] or '', state[6] or 0, lapsed}
`)

/** ARGV: fence, attempt, call. Answers the attempt that began the call first. */
export const BEGIN_CALL = defineScript(`-- begin-call
${RUN}
if refused then return refused end
if redis.call('EXISTS', run) == 0 then return {'GONE'} end
redis.call('HSETNX', run, 'started:' .. ARGV[3], ARGV[2])
return {'OK', redis.call('HGET', run, 'started:' .. ARGV[3])}
`)

/**
 * KEYS: the run, the leases. ARGV: channel, run. Whoever answers it hears of it, and looks for it too; one that waits for a
 * person is anybody's from now on.
 */
export const CANCEL_RUN = defineScript(`-- cancel-run
if redis.call('EXISTS', KEYS[1]) == 0 then return {'NONE'} end
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return {'ENDED'} end
redis.call('HSET', KEYS[1], 'cancel', 1)
redis.call('PUBLISH', ARGV[1], ARGV[2])
if redis.call('HEXISTS', KEYS[1], 'waiting') == 1 then
  redis.call('ZADD', KEYS[2], 0, cjson.decode(redis.call('HGET', KEYS[1], 'record')).conversationId)
end
return {'OK'}
`)

/** KEYS: runs. Answers which of them are to be stopped, as places in the list. */
export const CANCELLED = defineScript(`-- cancelled
local found = {}
for place, key in ipairs(KEYS) do
  if redis.call('HEXISTS', key, 'cancel') == 1 then found[#found + 1] = place end
end
return {'OK', found}
`)
