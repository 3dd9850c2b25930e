import { defineScript } from '../platform/redis-script.ts'

/** What a run came to whose replica was killed, or was cut off from Redis for longer than its lease. */
const LAPSED_DETAIL = 'The replica that ran it was not heard of any more.'

/**
 * KEYS: the job. Its fields: `run` and `lease` (ms) while one runs, `started` (ms) of the run begun last, `last` the
 * last outcome as JSON, `reported` whose it is. All times are Redis' own: clocks of replicas may be an hour apart.
 */
const JOB = `
local job = KEYS[1]
local state = redis.call('HMGET', job, 'run', 'lease', 'started', 'last', 'reported')
local run, lease, started = state[1], tonumber(state[2]), tonumber(state[3])

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local now = nowMs()
local isHeld = run and lease > now

-- A run whose lease has lapsed before it said what came of it did not end well.
local function lastRun()
  if not run or isHeld or state[5] == run then return state[4] or '' end
  return cjson.encode({
    runId = run, startedAt = started, durationMs = lease - started,
    outcome = 'failed', detail = '${LAPSED_DETAIL}'
  })
end
`

/**
 * ARGV: run, lease ms, minimum interval ms, 'demand' or 'tick', ttl. A run that lapsed does not count for the interval:
 * what it should have done is still to do.
 */
export const CLAIM_JOB = defineScript(`-- claim-job
${JOB}
if isHeld then return {'RUNNING', run} end
local isTooSoon = not run and started and now < started + ARGV[3]
if isTooSoon and ARGV[4] == 'tick' then return {'SOON'} end
-- A full Redis takes nothing in unless something went out before in the same script, and a cleanup is what it needs.
redis.call('HDEL', job, 'lease')
redis.call('HSET', job, 'last', lastRun(), 'run', ARGV[1],
  'lease', string.format('%.0f', now + ARGV[2]), 'started', string.format('%.0f', now))
redis.call('EXPIRE', job, ARGV[5])
return {'OK', now}
`)

/** ARGV: run, lease ms. */
export const RENEW_JOB = defineScript(`-- renew-job
${JOB}
if run ~= ARGV[1] then return {'LOST'} end
redis.call('HDEL', job, 'lease')
redis.call('HSET', job, 'lease', string.format('%.0f', now + ARGV[2]))
return {'OK'}
`)

/** ARGV: run, its outcome as JSON, ttl. */
export const REPORT_JOB = defineScript(`-- report-job
${JOB}
if run ~= ARGV[1] then return {'LOST'} end
redis.call('HDEL', job, 'last')
redis.call('HSET', job, 'last', ARGV[2], 'reported', run)
redis.call('EXPIRE', job, ARGV[3])
return {'OK'}
`)

/** ARGV: run. */
export const RELEASE_JOB = defineScript(`-- release-job
${JOB}
if run == ARGV[1] then redis.call('HDEL', job, 'run', 'lease') end
return {'OK'}
`)

/** Answers the run under way and the last outcome as JSON; each empty when there is none. */
export const DESCRIBE_JOB = defineScript(`-- describe-job
${JOB}
return {'OK', isHeld and run or '', lastRun()}
`)
