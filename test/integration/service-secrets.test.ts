import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Fault,
  type FaultMcpServer,
  startFaultMcpServer
} from '../support/fault-mcp-server.ts'
import {
  callOfferedTools,
  callTool,
  endEarly,
  type ModelStep,
  raw,
  refuse,
  say,
  sinceLastQuestion
} from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { allOf, openEvents, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const CANARIES = {
  modelKey: 'canary-model-key-1b7e',
  mcpToken: 'canary-mcp-token-2c8f',
  redis: 'canary-redis-3d90',
  foreign: 'canary-foreign-4ea1',
  authorization: 'canary-authorization-5fb2',
  cookie: 'canary-cookie-60c3',
  query: 'canary-query-71d4'
}
/** What a user and a model say: theirs to see in answers, nothing for logs and metrics. */
const QUESTION = 'canary-question-82e5'
const ARGUMENT = 'canary-argument-93f6'
const REPEATED = `Bearer ${CANARIES.mcpToken} is ${CANARIES.mcpToken}.`
const FAULTS: Readonly<Record<string, Fault>> = {
  result: { kind: 'result', result: { content: [{ type: 'text', text: REPEATED }] } },
  error: { kind: 'error', code: -32_000, message: REPEATED },
  fault: { kind: 'status', status: 500, body: REPEATED },
  refusal: { kind: 'status', status: 401, body: REPEATED },
  redirect: { kind: 'status', status: 302, location: `http://127.0.0.1:1/${CANARIES.mcpToken}` },
  nonsense: { kind: 'raw', body: REPEATED }
}
const message = `How many devices are there? ${QUESTION}`

let model: ScriptedModel
let tools: FaultMcpServer
let service: LabSidecar
let redis: RunningRedis
/** Everything that clients were told. */
const told: string[] = []

beforeAll(async () => {
  model = await startScriptedModel({})
  redis = await startRedis({ settings: ['--requirepass', CANARIES.redis] })
  tools = await startFaultMcpServer()
  service = await startLabSidecar(model.url, {
    LOG_LEVEL: 'trace',
    OPENAI_API_KEY: CANARIES.modelKey,
    REDIS_URL: `redis://:${CANARIES.redis}@127.0.0.1:${redis.port}/0`,
    DATABASE_PASSWORD: CANARIES.foreign,
    // One for each fault: a server that has failed a few times is left alone for a while.
    AI_OPS_MCP_SERVERS: JSON.stringify(
      ['tools', ...Object.keys(FAULTS)].map((name) => ({
        name,
        url: `${tools.url}/${name}`,
        token: CANARIES.mcpToken,
        readOnlyTools: ['*']
      }))
    )
  })
})

afterAll(async () => {
  await service.stop()
  await tools.stop()
  await model.stop()
  await redis.stop()
})

/** Asks with events and without, and remembers every word of both. */
async function askBothWays(choices: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const body = { message, ...choices }
  const { events, response } = await openEvents(service.url, { body })
  const whole = await send(service.url, { body })
  const words = [
    JSON.stringify(await allOf(events)),
    JSON.stringify([...response.headers, ...whole.headers]),
    await whole.text()
  ].join('\n')
  told.push(words)
  return words
}

/** Nothing that must not be there is there: answers, logs and metrics, up to now. */
async function expectNoCanary(): Promise<void> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  const secrets = Object.values(CANARIES)
  expect(told.filter((words) => holdsAny(words, secrets))).toEqual([])
  const lines = `${service.logs()}\n${metrics}`.split('\n')
  expect(lines.filter((line) => holdsAny(line, [...secrets, QUESTION, ARGUMENT]))).toEqual([])
}

function holdsAny(text: string, canaries: readonly string[]): boolean {
  return canaries.some((canary) => text.includes(canary))
}

const KEY = `Bearer ${CANARIES.modelKey} is ${CANARIES.modelKey}.`

test('[T14] the credentials go where they belong, and nowhere else', async () => {
  model.answer(callOfferedTools([{ tool: 'tools_echo', args: { text: ARGUMENT } }]))
  const words = await askBothWays()
  expect(words).toContain(ARGUMENT)
  expect(model.requests.at(-1)?.headers.authorization).toBe(`Bearer ${CANARIES.modelKey}`)
  const call = tools.asked('tools/call').at(-1)
  expect(call?.headers.authorization).toBe(`Bearer ${CANARIES.mcpToken}`)
  const sent = JSON.stringify(model.requests.map(({ body }) => body))
  for (const canary of Object.values(CANARIES)) expect(sent).not.toContain(canary)
  await expectNoCanary()
})

test.each<[string, ModelStep[]]>([
  ['a refused key', [refuse(401, { body: { error: { message: KEY } } })]],
  ['a refused request', [refuse(400, { body: { error: { message: KEY } } })]],
  ['a fault as a page', [refuse(500, { body: KEY })]],
  ['an error event', [raw(`data: {"error": {"message": "${KEY}"}}\n\n`), endEarly()]],
  ['a broken event', [raw(`data: ${KEY}\n\n`), endEarly()]],
  [
    'an error event in mid-answer',
    [say('There are'), raw(`data: {"error": {"message": "${KEY}"}}\n\n`)]
  ],
  ['a header', [refuse(429, { headers: { 'retry-after': '1', 'x-key': CANARIES.modelKey } })]]
])('[T14] a model that repeats its key in %s tells nobody', async (_name, steps) => {
  model.answer(() => steps)
  const words = await askBothWays()
  expect(words).toContain('RUN_ERROR')
  await expectNoCanary()
})

test.each(Object.entries(FAULTS))(
  '[T14] an MCP server that repeats its token in %s tells nobody',
  async (name, fault) => {
    tools.misbehave((request) => (request.method === 'tools/call' ? fault : undefined))
    model.answer((request) => {
      const isAnswered = sinceLastQuestion(request).length > 0
      return isAnswered ? [say('Done.')] : [callTool(`${name}_echo`, { text: ARGUMENT })]
    })
    const before = tools.asked('tools/call').length
    await askBothWays({ mcpServers: [name] })
    expect(tools.asked('tools/call').length - before).toBeGreaterThanOrEqual(2)
    const read = JSON.stringify(model.requests.at(-1)?.body)
    expect(read).not.toContain(CANARIES.mcpToken)
    tools.misbehave(() => undefined)
    await expectNoCanary()
  }
)

test('[T14] credentials of clients are not repeated to them or to anybody', async () => {
  const headers = { cookie: `sessionid=${CANARIES.cookie}` }
  for (const scheme of ['Bearer', 'Token', 'Basic', 'Nonsense']) {
    const authorization = `${scheme} ${CANARIES.authorization}`
    const path = `/api/v1/chat?token=${CANARIES.query}`
    const refused = await send(service.url, {
      path,
      body: { message },
      headers: { ...headers, authorization }
    })
    expect(refused.status).toBe(401)
    told.push(await refused.text())
  }
  const broken = `{"message": "${QUESTION}", "token": "${CANARIES.query}"`
  const invalid = await send(service.url, {
    body: broken,
    headers: { 'content-type': 'application/json' }
  })
  told.push(await invalid.text())
  const missing = await send(service.url, { path: `/nowhere/${CANARIES.query}`, headers })
  expect(missing.status).toBe(404)
  told.push(await missing.text())
  await expectNoCanary()
})

test('the id of a request comes back, and goes to MCP servers but not to models', async () => {
  model.answer(callOfferedTools([{ tool: 'tools_echo', args: {} }]))
  const before = model.requests.length
  const response = await send(service.url, {
    body: { message },
    headers: { 'x-request-id': 'find-me-7' }
  })
  expect(response.headers.get('x-request-id')).toBe('find-me-7')
  await response.body?.cancel()
  expect(tools.asked('tools/call').at(-1)?.headers['x-request-id']).toBe('find-me-7')
  for (const { headers } of model.requests.slice(before)) {
    expect(JSON.stringify(headers)).not.toContain('find-me-7')
  }
  await expect.poll(() => service.logs()).toContain('"correlationId":"find-me-7"')
  const forged = await send(service.url, {
    body: { message: '' },
    headers: { 'x-request-id': 'a b"}{' }
  })
  expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
})
