import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { chatResponseSchema } from '../../src/http/schemas.ts'
import { loadCheckpointSuite } from '../conformance/checkpoint-suite.ts'
import {
  type RedisUnderTest,
  testConversationScripts
} from '../support/conversation-scripts-suite.ts'
import { testJobScripts } from '../support/job-scripts-suite.ts'
import { say } from '../support/model-steps.ts'
import { type ConnectedRedis, connectRedis } from '../support/redis-connection.ts'
import { allScripts } from '../support/redis-scripts.ts'
import { REDIS_SERVERS, type RedisServer } from '../support/redis-servers.ts'
import { testRunScripts } from '../support/run-scripts-suite.ts'
import { testWaitingRunScripts } from '../support/run-waiting-scripts-suite.ts'
import { startScriptedModel } from '../support/scripted-model.ts'
import { send } from './support/sidecar-client.ts'
import { type SidecarEnv, startLabSidecar } from './support/sidecar-lab.ts'

/** A server that is not on the machine yet is downloaded. */
const ENSURE_TIMEOUT_MS = 300_000
/** From listening to having reached Redis. */
const REDIS_TIMEOUT_MS = 10_000
/** The oldest version that is promised. The Redis 6 at hand is a later one, and may know more. */
const PROMISED = '6.0.0'
/** With it ioredis says what it is; where it is refused, nothing is lost. */
const OPTIONAL = ['client|setinfo']
/** Valkey's own Lua is one. */
const OWN_MODULES = ['lua']

const conformance = await loadCheckpointSuite()

/** Everything that the service does in Redis. A suite that lacks a script fails below. */
const SUITES: readonly ((redis: RedisUnderTest) => void)[] = [
  testConversationScripts,
  testRunScripts,
  testWaitingRunScripts,
  testJobScripts,
  testConformance,
  testService
]

for (const { name, ensure, info } of REDIS_SERVERS) {
  describe(`[T11] on a plain ${name}`, () => testServer(ensure, info))
}

function testServer(ensure: RedisServer['ensure'], info: RegExp): void {
  let redis: ConnectedRedis

  beforeAll(async () => {
    const command = await ensure((sentence) => process.stdout.write(`${sentence}\n`))
    redis = await connectRedis([], command)
  }, ENSURE_TIMEOUT_MS)
  afterAll(() => redis.stop())

  it('is the server that it is called, and has no modules', async () => {
    expect(await redis.client.info('server')).toMatch(info)
    const modules = (await redis.client.call('MODULE', 'LIST')) as string[][]
    expect(modules.filter(([, module = '']) => !OWN_MODULES.includes(module))).toEqual([])
  })

  for (const suite of SUITES) suite(() => redis)

  it('has run every script of the service', async () => {
    const scripts = [...(await allScripts())]
    const shas = scripts.map(([, { sha }]) => sha)
    const known = (await redis.client.script('EXISTS', ...shas)) as number[]

    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter((_, place) => !known[place]).map(([name]) => name)).toEqual([])
  })

  it(`has used no command that came after Redis ${PROMISED}`, async () => {
    const stats = await redis.client.info('commandstats')
    const found = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, command = '']) => command)
    const used = found.filter((command) => !OPTIONAL.includes(command))
    const since = await versionsOf(used)

    expect(used).toEqual(expect.arrayContaining(['evalsha', 'hget', 'zadd']))
    expect(used.filter((command) => !isKnownBy(PROMISED, since.get(command)))).toEqual([])
  })
}

function testConformance(redis: RedisUnderTest): void {
  const subject = {
    checkpointerName: 'RedisCheckpointer',
    createCheckpointer: () =>
      new RedisCheckpointer({ client: redis().client, deployment: randomUUID(), ttlDays: 1 })
  }
  conformance.validate(subject)
  conformance.deltaChannelHistoryTests(subject)
}

function testService(redis: RedisUnderTest): void {
  it('goes on with a conversation after a restart of the service', async () => {
    const model = await startScriptedModel({ respond: () => [say('Understood.')] })
    onTestFinished(() => model.stop())
    const env = { REDIS_URL: redis().server.url }
    const { conversationId } = await askService(model.url, env, { message: 'Mine is ams01-sw-01.' })
    await askService(model.url, env, { message: 'Which one did I name?', conversationId })

    const sent = model.requests.at(-1)?.body.messages ?? []
    expect(sent[1]?.content).toContain('ams01-sw-01')
  })
}

/** Asks a service that lives for this question alone. It may listen a moment before it has reached Redis. */
async function askService(
  modelUrl: string,
  env: SidecarEnv,
  body: Readonly<Record<string, string>>
) {
  const service = await startLabSidecar(modelUrl, env)
  onTestFinished(() => service.stop())
  return vi.waitFor(async () => {
    const response = await send(service.url, { body })
    expect(response.status).toBe(200)
    return chatResponseSchema.parse(await response.json())
  }, REDIS_TIMEOUT_MS)
}

/** In which version of Redis each command came, as a Redis 7 tells it; nothing for one that it does not know. */
async function versionsOf(commands: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { client, stop } = await connectRedis()
  const docs = (await client.call('COMMAND', 'DOCS', ...commands)) as (string | string[])[]
  await stop()
  const since = (facts: string | string[] | undefined) => facts?.[facts.indexOf('since') + 1] ?? ''
  return new Map(
    docs.flatMap((name, place) => (place % 2 ? [] : [[String(name), since(docs[place + 1])]]))
  )
}

function isKnownBy(version: string, since: string | undefined): boolean {
  return since !== undefined && since.localeCompare(version, 'en', { numeric: true }) <= 0
}
