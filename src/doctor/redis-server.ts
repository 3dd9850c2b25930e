import type { Redis } from 'ioredis'
import { type Finding, fail, ok, warn } from './finding.ts'

const MIN_VERSION = [6, 2] as const
const MAX_USED_SHARE = 0.9

type Facts = ReadonlyMap<string, string>

/** Version, what it does when memory is full, how full it is, and what outlives its restart. */
export async function examineServer(client: Redis): Promise<Finding[]> {
  const facts = await client.info().then(toFacts, () => undefined)
  if (!facts)
    return [warn('redis server', 'The account may not ask INFO.', 'Permit +info to see more here.')]
  return [
    examineVersion(facts),
    examinePolicy(facts),
    examineMemory(facts),
    await examinePersistence(client, facts)
  ]
}

function toFacts(info: string): Facts {
  const pairs = info.split('\r\n').map((line) => line.split(':'))
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join(':')]))
}

function examineVersion(facts: Facts): Finding {
  const check = 'redis version'
  const valkey = facts.get('valkey_version')
  const version = facts.get('redis_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])
  if (isOld) return fail(check, `It is ${version}.`, `Use ${MIN_VERSION.join('.')} or newer.`)
  return ok(check, valkey ? `It is Valkey ${valkey}.` : `It is ${version}.`)
}

function examinePolicy(facts: Facts): Finding {
  const check = 'redis policy'
  const policy = facts.get('maxmemory_policy') ?? 'unknown'
  if (policy === 'noeviction') return ok(check, 'It refuses writes when it is full: noeviction.')
  const sentence = `It throws conversations away when it is full: ${policy}.`
  const advice = 'Set maxmemory-policy to noeviction; a cache belongs into a Redis of its own.'
  return isBounded(facts) ? fail(check, sentence, advice) : warn(check, sentence, advice)
}

const isBounded = (facts: Facts) => Number(facts.get('maxmemory') ?? 0) > 0

function examineMemory(facts: Facts): Finding {
  const check = 'redis memory'
  const used = facts.get('used_memory_human') ?? 'an unknown amount'
  if (!isBounded(facts)) return ok(check, `It uses ${used}, and has no limit of its own.`)
  const share = Number(facts.get('used_memory')) / Number(facts.get('maxmemory'))
  const sentence = `It uses ${used} of ${facts.get('maxmemory_human')}.`
  return share > MAX_USED_SHARE
    ? warn(check, sentence, 'Raise maxmemory, or lower AI_OPS_CONVERSATION_DAYS.')
    : ok(check, sentence)
}

async function examinePersistence(client: Redis, facts: Facts): Promise<Finding> {
  const check = 'redis persistence'
  const advice = 'Look at its log, and at the space on its disk.'
  if (facts.get('aof_enabled') === '1')
    return facts.get('aof_last_write_status') === 'err'
      ? fail(check, 'It could not write its append-only file.', advice)
      : ok(check, 'It keeps an append-only file.')
  if (facts.get('rdb_last_bgsave_status') === 'err')
    return fail(check, 'Its last snapshot failed.', advice)
  const answer = await client.config('GET', 'save').catch(() => undefined)
  const schedule = Array.isArray(answer) ? String(answer[1] ?? '') : undefined
  if (schedule === undefined)
    return warn(check, 'The account may not see it.', 'Ask whoever runs this Redis.')
  if (schedule === '')
    return warn(
      check,
      'It keeps nothing: its restart ends all conversations and runs.',
      'Switch appendonly on.'
    )
  return ok(check, `It keeps snapshots (${schedule}); what came after the last one can be lost.`)
}
