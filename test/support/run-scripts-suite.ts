import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import { Secret } from '../../src/platform/secret.ts'
import { LOG_START } from '../../src/runs/log-place.ts'
import { createRedisRunStore } from '../../src/runs/redis-run-store.ts'
import type { RunRecord } from '../../src/runs/run.ts'
import { LEASE_MS, openRegistry, type RedisUnderTest } from './conversation-scripts-suite.ts'
import { FAKE_EVENTS } from './fake-runs.ts'

const KEEP_MS = 60_000
const MAX_LOG_EVENTS = 1_000
const MAX_LOG_CHARACTERS = 100_000
const RUN_ID = 'run-1'
const TYPES = FAKE_EVENTS.map(({ type }) => type)

/** What the scripts of runs do, seen from outside: enough to tell whether a server can run them. */
export function testRunScripts(redis: RedisUnderTest): void {
  it('keeps a run that another replica reads to its end, and frees its conversation', async () => {
    const one = await openReplica(redis)
    const other = await openReplica(redis, one.deployment)
    const { conversationId, pen } = await one.begin()
    const reading = Array.fromAsync(other.read())
    await write(pen)

    expect((await reading).map(({ type }) => type)).toEqual(TYPES)
    expect(await other.store.view(RUN_ID)).toMatchObject({ state: 'succeeded' })
    expect(await other.registry.claim('jane', conversationId, 'run-2', 'And?')).toBe(conversationId)
  })

  it('takes a lapsed run over, knows what it had begun, and refuses who had it', async () => {
    const one = await openReplica(redis)
    const other = await openReplica(redis, one.deployment)
    const { conversationId, pen } = await one.begin()
    expect(await pen.beginCall('call-1')).toBe(true)
    pen.append(FAKE_EVENTS[0] as AgentEvent)
    one.registry.close()
    await sleep(LEASE_MS + 50)
    expect(await other.registry.lapsed(10)).toEqual([conversationId])
    const taken = await other.registry.takeOver(conversationId)
    const run = await other.store.reopen({
      conversationId,
      runId: RUN_ID,
      fence: taken?.fence ?? ''
    })

    expect(run?.earlier).toEqual(FAKE_EVENTS.slice(0, 1))
    expect(await run?.pen.beginCall('call-1')).toBe(false)
    await expect(pen.beginCall('call-2')).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
    pen.append(FAKE_EVENTS[1] as AgentEvent)
    await vi.waitFor(() => expect(pen.lost.aborted).toBe(true), { timeout: 5_000 })
    if (run) await write(run.pen)
    expect((await Array.fromAsync(other.read())).map(({ id }) => id)).toEqual([
      '1-1',
      ...FAKE_EVENTS.map((_, place) => `2-${place + 1}`)
    ])
  })

  it('stops a run from another replica, once', async () => {
    const one = await openReplica(redis)
    const other = await openReplica(redis, one.deployment)
    const { pen } = await one.begin()
    expect(await one.store.cancelled([RUN_ID])).toEqual([])
    expect(await other.store.requestCancel(RUN_ID)).toBe(true)
    expect(await one.store.cancelled(['unknown', RUN_ID])).toEqual([RUN_ID])
    await write(pen)

    expect(await other.store.requestCancel(RUN_ID)).toBe(false)
    expect(await other.store.requestCancel('unknown')).toBe(false)
  })
}

async function openReplica(redis: RedisUnderTest, deployment: string = randomUUID()) {
  const { client, connect } = redis()
  const { registry } = openRegistry(redis(), deployment)
  const channels = createRedisChannels(await connect())
  const stopping = new AbortController()
  onTestFinished(() => {
    stopping.abort()
    channels.close()
  })
  const store = createRedisRunStore({
    ...{ client, deployment, channels },
    maxRunDays: 1,
    keepMs: KEEP_MS,
    approvalWaitMs: KEEP_MS,
    maxLogEvents: MAX_LOG_EVENTS,
    maxLogCharacters: MAX_LOG_CHARACTERS,
    leaseMs: LEASE_MS,
    history: async () => [],
    onEnded: registry.forget
  })
  const begin = async () => {
    const conversationId = await registry.claim('jane', undefined, RUN_ID, 'Hello')
    const fence = registry.fenceOf(conversationId, RUN_ID)
    const grant = new Secret('grant')
    return {
      conversationId,
      pen: await store.open({ record: recordOf(conversationId), fence, grant })
    }
  }
  const read = () => store.read(RUN_ID, LOG_START, stopping.signal)
  return { registry, store, deployment, begin, read }
}

type Pen = Awaited<ReturnType<Awaited<ReturnType<typeof openReplica>>['begin']>>['pen']

async function write(pen: Pen): Promise<void> {
  for (const event of FAKE_EVENTS.slice(0, -1)) pen.append(event)
  await pen.end(FAKE_EVENTS.at(-1) as AgentEvent)
}

function recordOf(conversationId: string): RunRecord {
  return {
    id: RUN_ID,
    conversationId,
    userId: 'jane',
    username: 'jane',
    message: 'Hello',
    replaces: undefined,
    after: undefined,
    model: undefined,
    mcpServers: undefined,
    pageContext: undefined,
    correlationId: 'c-1'
  }
}
