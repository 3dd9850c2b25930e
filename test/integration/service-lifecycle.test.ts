import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { pause, say, silence } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  allOf,
  ask,
  customValue,
  openEvents,
  readUntil,
  refusalOf,
  send,
  textOf
} from './support/sidecar-client.ts'
import {
  type LabSidecar,
  runSidecar,
  type SidecarEnv,
  startLabSidecar
} from './support/sidecar-lab.ts'

/** After the deadline of running answers everything closes within so long. */
const CLOSE_MS = 5_000
const message = 'How many devices are there?'

let model: ScriptedModel
let service: LabSidecar | undefined

beforeAll(async () => {
  model = await startScriptedModel({})
})

afterEach(async () => {
  // Some have ended by themselves, as they should.
  await service?.stop().catch(() => undefined)
  service = undefined
})

afterAll(() => model.stop())

async function start(env: SidecarEnv): Promise<LabSidecar> {
  service = await startLabSidecar(model.url, env)
  return service
}

/** The exit code of the service, and how long it took from now. */
async function exitOf({ exited }: Pick<LabSidecar, 'exited'>) {
  const startedAt = performance.now()
  return { code: await exited, ms: performance.now() - startedAt }
}

function childrenOf(pid: number): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return (
        readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
      )
    } catch {
      return false
    }
  })
}

test('a shutdown refuses new questions, gives a running answer its time, and ends it as interrupted', async () => {
  const { url, signal, exited, pid, logs } = await start({ AI_OPS_DRAIN_SECONDS: '1' })
  model.answer(() => [say('There are'), silence()])
  const before = model.requests.length
  const { events } = await openEvents(url, { body: { message } })
  const seen = await readUntil(events, 'TEXT_MESSAGE_CONTENT')
  const asking = send(url, { body: { message } })
  await expect.poll(() => model.requests.length).toBe(before + 2)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  signal('SIGTERM')
  const exit = exitOf({ exited })
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { interval: 10 }).toBe(503)
  const unready = await refusalOf(await fetch(`${url}/readyz`), 'get /readyz')
  expect(unready).toMatchObject({ code: 'DRAINING', retryable: true })
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  const refused = await send(url, { body: { message } })
  expect(refused.status).toBe(503)
  expect(await refusalOf(refused)).toMatchObject({ code: 'DRAINING', retryable: true })
  seen.push(...(await allOf(events)))
  expect(textOf(seen)).toBe('There are')
  expect(seen.at(-1)?.event).toMatchObject({ type: 'RUN_ERROR', code: 'DRAINING' })
  expect(customValue(seen, 'footer')).toMatchObject({ incomplete: true })
  expect(customValue(seen, 'error')).toMatchObject({ code: 'DRAINING', retryable: true })
  const interrupted = await asking
  expect(interrupted.status).toBe(503)
  expect(await refusalOf(interrupted)).toMatchObject({
    code: 'DRAINING',
    details: { runId: interrupted.headers.get('x-run-id') }
  })
  expect(childrenOf(pid)).toEqual([])
  const { code, ms } = await exit
  expect(code).toBe(0)
  expect(ms).toBeGreaterThan(900)
  expect(ms).toBeLessThan(1_000 + CLOSE_MS)
  const given = model.requests.slice(before)
  expect(given.map(({ closedByClient }) => closedByClient)).toEqual([true, true])
  expect(logs()).toContain('"message":"closed"')
  await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed')
})

test('a shutdown waits for an answer that ends in time, and for nothing else', async () => {
  const { url, signal, exited } = await start({ AI_OPS_DRAIN_SECONDS: '20' })
  model.answer(() => [say('There are '), pause(300), say('ten.')])
  const before = model.requests.length
  const asking = ask(url, { message })
  await expect.poll(() => model.requests.length).toBe(before + 1)
  signal('SIGINT')
  const exit = exitOf({ exited })
  expect(await asking).toMatchObject({ state: 'succeeded', response: 'There are ten.' })
  expect(await exit).toMatchObject({ code: 0 })
  expect((await exit).ms).toBeLessThan(CLOSE_MS)
})

test('a connection that has never sent a request keeps no shutdown waiting', async () => {
  const { url, signal, exited } = await start({})
  const idle = connect(Number(new URL(url).port), '127.0.0.1')
  await once(idle, 'connect')
  const cut = once(idle, 'close')
  signal('SIGTERM')
  expect(await exitOf({ exited })).toMatchObject({ code: 0 })
  await cut
})

test('a second signal ends the service at once', async () => {
  const { url, signal, exited } = await start({ AI_OPS_DRAIN_SECONDS: '30' })
  model.answer(() => [say('There are'), silence()])
  const { events } = await openEvents(url, { body: { message } })
  await readUntil(events, 'TEXT_MESSAGE_CONTENT')
  signal('SIGTERM')
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { interval: 10 }).toBe(503)
  signal('SIGTERM')
  const { code, ms } = await exitOf({ exited })
  expect({ code, soon: ms < 1_000 }).toEqual({ code: 1, soon: true })
  await expect(allOf(events)).rejects.toThrow()
})

test.concurrent('a port that is taken is said in a sentence', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const running = runSidecar({
    PORT: String(port),
    OPENAI_BASE_URL: model.url,
    OPENAI_MODEL: 'scripted'
  })
  expect(await running.exited).toBe(1)
  taken.close()
  expect(running.output()).toContain(
    `Cannot listen on 127.0.0.1, port ${port}: the port is taken; set PORT to another one.`
  )
  expect(running.output()).not.toMatch(/\n\s+at /)
})

test.concurrent.each(['NONPROD', 'PROD'])(
  '%s without its variables names all of them',
  async (environment) => {
    const env = { AI_OPS_ENV: environment, PORT: 'x', AI_OPS_MCP_SERVERS: '[]', LOG_LEVEL: 'loud' }
    const running = runSidecar(env)
    expect(await running.exited).toBe(1)
    const named = running.output().match(/^ {2}([A-Z_]+) /gm)
    expect(named?.map((name) => name.trim()).sort()).toEqual([
      'AI_OPS_MCP_SERVERS',
      'LOG_LEVEL',
      'NAUTOBOT_TOKEN',
      'NAUTOBOT_URL',
      'PORT',
      'REDIS_URL'
    ])
  }
)

test.concurrent('PROD refuses to turn TLS verification off', async () => {
  const running = runSidecar({
    AI_OPS_ENV: 'PROD',
    NAUTOBOT_URL: 'https://nautobot.example.com',
    NAUTOBOT_TOKEN: 'canary-service-token',
    REDIS_URL: 'redis://:canary-redis@127.0.0.1:1/0',
    AI_OPS_VERIFY_TLS: 'false'
  })
  expect(await running.exited).toBe(1)
  expect(running.output()).toContain('AI_OPS_VERIFY_TLS turns TLS verification off')
  expect(running.output()).not.toContain('canary')
})

test('without Redis, no metric says that Redis does not answer', async () => {
  service = await startLabSidecar(model.url)
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  expect(metrics).toMatch(/^ai_ops_ready 1$/m)
  expect(metrics).not.toMatch(/^ai_ops_(?:redis|event_channel)_up /m)
})
