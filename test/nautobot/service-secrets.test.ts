import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { callOfferedTools, callTool, cut, refuse, say } from '../support/model-steps.ts'
import { startProcess } from '../support/processes.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const canaryOf = (place: string) => `canary-${place}-${randomBytes(12).toString('hex')}`
const ENVIRONMENT_CANARY = canaryOf('environment')
const QUESTION = 'How many devices are there?'

let service: Service

beforeAll(async () => {
  service = await startService({
    env: { LOG_LEVEL: 'trace', OPENAI_API_KEY: ENVIRONMENT_CANARY, UNKNOWN: ENVIRONMENT_CANARY }
  })
})

afterAll(() => service?.stop())

/** An MCP server that refuses with the credential it was shown. Answers its address and what it saw. */
async function startIndiscreetServer() {
  const seen: (string | undefined)[] = []
  const server = createServer(({ headers }, response) => {
    seen.push(headers.authorization)
    response.writeHead(500).end(`Who is ${headers.authorization}? token=${headers.authorization}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, seen }
}

/** Everything that goes over the sidecar's Redis database from now on, and what it holds in the end. */
async function watchRedis() {
  const { eventRedisUrl } = inject('nautobot')
  const { hostname, port, pathname } = new URL(eventRedisUrl)
  const database = pathname.slice(1)
  const seen: string[] = []
  const monitor = startProcess({
    command: 'redis-cli',
    args: ['-h', hostname, '-p', port, 'MONITOR'],
    onLine: (line) => seen.push(line)
  })
  onTestFinished(() => monitor.stop())
  await monitor.waitForOutput(/^OK/, 10_000)
  return async () => {
    const redis = new Redis(eventRedisUrl)
    const keys = await redis.keys('*')
    const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
    redis.disconnect()
    const own = seen.filter((line) => line.includes(`[${database} `))
    return [...own, ...keys, ...values.map((value) => value?.toString('latin1') ?? '')].join('\n')
  }
}

/** Question by question: what the model does, and what came of it. */
async function askEverything(key: string, argument: string) {
  const { model } = service
  const session = await sessionToken('alice')
  const echo = {
    body: { error: { message: `Incorrect API key provided: ${key}. (Bearer ${key})` } }
  }
  const scripts = {
    answers: callOfferedTools([{ tool: 'count', args: { model: 'dcim.device' } }]),
    'calls wrongly': callOfferedTools([
      { tool: 'count', args: { model: 'dcim.device', filters: { password: argument } } }
    ]),
    'calls nothing': (_request: unknown, index: number) =>
      index % 2 === 0 ? [callTool('login', { password: argument })] : [say('Done.')],
    'refuses the key': () => [refuse(401, echo)],
    'refuses the request': () => [refuse(400, echo)],
    fails: () => [refuse(500, echo)],
    breaks: () => [say('So'), cut()]
  }
  const headers = {
    accept: 'text/event-stream',
    cookie: `sessionid=${argument}`,
    'x-api-key': argument,
    'x-request-id': 'harmless'
  }
  const texts: string[] = []
  for (const [name, script] of Object.entries(scripts)) {
    model.answer(script)
    const { text } = await service.ask(session.authorization, QUESTION, headers)
    expect([name, text]).toEqual([name, expect.stringMatching(/RUN_(FINISHED|ERROR)/)])
    texts.push(text)
  }
  const wrong = [`Token ${argument}`, `Basic ${argument}`, `Bearer ${session.token}x`]
  for (const authorization of wrong) {
    texts.push((await service.ask(authorization, QUESTION, headers)).text)
  }
  texts.push((await service.call(`/api/v1/nowhere?token=${argument}`, { headers })).text)
  return { streams: texts, session }
}

test('[T14] tells no secret in logs, events, errors, metrics or Redis', async () => {
  const { objects, model, proxy, secretsGroupId, sidecar } = service
  const { users, canary: key } = inject('nautobot')
  const argument = canaryOf('argument')
  const redis = await watchRedis()
  const indiscreet = await startIndiscreetServer()
  await objects.create('/plugins/ai-ops/mcp-servers/', {
    name: 'Indiscreet',
    status: 'Healthy',
    remote_url: indiscreet.url,
    secrets_group: secretsGroupId
  })
  const { streams, session } = await askEverything(key, argument)
  await service.ask(apiToken('bob'), QUESTION)
  const metrics = (await service.call('/metrics')).text

  // The controls: the secrets were in use, and what is looked through is not empty.
  expect(model.requests[0]?.headers.authorization).toBe(`Bearer ${key}`)
  expect(indiscreet.seen).toContain(`Bearer ${key}`)
  const kept = await redis()
  expect(kept).toContain('nautobot_ai_ops.mcpserver')
  expect(sidecar.logs()).toContain('"correlationId":"harmless"')
  expect(metrics).toContain('ai_ops_runs')

  const exchanged = new Set(proxy.requests.map(({ authorization = '' }) => authorization.slice(6)))
  expect(exchanged.size).toBeGreaterThan(3)
  // Sent by the asker in place of a token; looked for below.
  exchanged.delete(argument)
  const secrets = [
    key,
    ENVIRONMENT_CANARY,
    users.service.token,
    users.alice.token,
    users.bob.token,
    session.token,
    ...exchanged
  ]
  const places = { logs: sidecar.logs(), events: streams.join('\n'), metrics, redis: kept }
  for (const [place, text] of Object.entries(places)) {
    const told = secrets.filter((secret) => text.includes(secret))
    expect([place, told]).toEqual([place, []])
  }
  // The arguments of calls are part of the conversation, which is the asker's own: in its events and in what Redis
  // keeps of it, and nowhere else.
  for (const place of ['logs', 'metrics'] as const) {
    expect([place, places[place].includes(argument)]).toEqual([place, false])
  }
})
