import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { createRedis } from '../../src/platform/redis.ts'
import { defineScript, runScript } from '../../src/platform/redis-script.ts'
import { Secret } from '../../src/platform/secret.ts'
import { traced } from '../../src/platform/tracing.ts'
import { startRedis } from '../support/redis.ts'
import { allScripts } from '../support/redis-scripts.ts'
import { recordTraces } from '../support/trace-recording.ts'

const ECHO = defineScript(`-- echo
return ARGV[1]
`)

async function connect() {
  const running = await startRedis()
  const redis = createRedis({
    url: new Secret(running.url),
    role: 'commands',
    onError: () => undefined
  })
  onTestFinished(async () => {
    await redis.close()
    await running.stop()
  })
  redis.start()
  await once(redis.client, 'ready')
  return redis.client
}

test('a span has at most 100 of scripts below it, and counts the others', async () => {
  const traces = await recordTraces()
  const client = await connect()
  const call = { keys: ['canary-key'], args: ['canary-argument'] }
  await runScript(client, ECHO, call)
  await traced({ name: 'run' }, async () => {
    for (let made = 0; made < 103; made += 1) await runScript(client, ECHO, call)
  })
  const spans = await traces.ended()
  const scripts = spans.filter(({ name }) => name === 'EVALSHA echo')
  expect(scripts).toHaveLength(100)
  expect(scripts[0]?.attributes).toEqual({
    'db.system.name': 'redis',
    'db.operation.name': 'EVALSHA',
    'db.stored_procedure.name': 'echo'
  })
  const run = spans.find(({ name }) => name === 'run')
  expect(run?.attributes).toEqual({ 'ai_ops.redis.untraced_scripts': 3 })
  expect(traces.words()).not.toContain('canary')
})

test('every script of the service has a name of its own kind', async () => {
  const names = [...(await allScripts()).values()].map(({ name }) => name)
  expect(names).not.toContain('unnamed')
})
