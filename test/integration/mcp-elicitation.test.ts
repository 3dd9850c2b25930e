import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { inputRequired, McpServer as SdkServer } from '@modelcontextprotocol/server'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { McpServer } from '../../src/catalog/catalog.ts'
import type { Elicit, ElicitationForm } from '../../src/elicitation.ts'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import type { ToolContext } from '../../src/tool-server.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import {
  type McpPeer,
  type ModernPeer,
  startEverything,
  startModernPeer
} from '../support/mcp-peers.ts'

const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js'
)
const ELICIT = 'everything_trigger-elicitation-request'

let everything: McpPeer
let legacyEverything: McpPeer
let modern: ModernPeer
let outbound: Outbound
let clients: McpClients

beforeAll(async () => {
  everything = await startEverything()
  legacyEverything = await startEverything({ mode: 'sse' })
  modern = await startModernPeer(modernServer, { legacy: 'reject' })
})

afterAll(() => Promise.all([everything.stop(), legacyEverything.stop(), modern.stop()]))

beforeEach(() => {
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 48 * 1_024,
    limits: { listMaxWaitMs: 10_000 }
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
})

const answerSchema = z.object({ colour: z.string() })

/** Asks in multi-round-trip requests: results say what is wanted, and the call is repeated with it. */
function modernServer(): SdkServer {
  const server = new SdkServer({ name: 'modern', version: '1' })
  const question = (who: string) =>
    inputRequired.elicit({
      message: `Which colour, ${who}?`,
      requestedSchema: { type: 'object', properties: { colour: { type: 'string' } } }
    })
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
  const inputSchema = z.object({ who: z.string() })

  server.registerTool('paint', { inputSchema }, ({ who }, { mcpReq: { inputResponses } }) => {
    const answer = inputResponses?.colour as { action: string; content?: unknown } | undefined
    if (!answer) return inputRequired({ inputRequests: { colour: question(who) } })
    if (answer.action !== 'accept') return text(`${who}: ${answer.action}`)
    return text(`${who}: ${answerSchema.parse(answer.content).colour}`)
  })
  server.registerTool('insatiable', { inputSchema }, ({ who }) =>
    inputRequired({ inputRequests: { colour: question(who) }, requestState: 'again' })
  )
  server.registerTool('many', { inputSchema }, ({ who }, { mcpReq: { inputResponses } }) => {
    if (inputResponses) return text(Object.keys(inputResponses).join())
    const keys = ['one', 'two', 'three', 'four', 'five', 'six'].slice(0, Number(who))
    return inputRequired({
      inputRequests: Object.fromEntries(keys.map((key) => [key, question(key)]))
    })
  })
  server.registerTool('later', { inputSchema }, ({ who }, { mcpReq }) =>
    mcpReq.requestState() === undefined
      ? inputRequired({ requestState: who })
      : text(`${mcpReq.requestState()} came back`)
  )
  return server
}

function described(name: string, change: Partial<McpServer>): McpServer {
  return mcpServer({ id: `id-${name}`, name, timeoutMs: 5_000, ...change })
}

async function call(
  server: McpServer,
  tool: string,
  args: object,
  change: Partial<ToolContext> = {}
) {
  const context = { signal: AbortSignal.timeout(20_000), correlationId: 'c-1', ...change }
  const tools = await clients.lease([server], undefined, context)
  return tools.call(tool, args, context)
}

const overHttp = () => described('everything', { address: everything.url })
const overStdio = () =>
  described('everything', {
    ...{ address: '', transport: 'stdio' as const },
    command: { file: process.execPath, args: [EVERYTHING, 'stdio'], env: {} }
  })
const overSse = () =>
  described('everything', { address: legacyEverything.url, transport: 'sse' as const })
const inRounds = () => described('modern', { address: modern.url })

const accepting =
  (content: Record<string, string>, forms: ElicitationForm[] = []): Elicit =>
  async (form) => {
    forms.push(form)
    return { action: 'accept', content }
  }

test.each([
  ['streamable HTTP', overHttp],
  ['HTTP+SSE', overSse],
  ['standard streams', overStdio]
])(
  'a server that nobody here wrote is answered by the user of its call over %s',
  async (_how, server) => {
    const forms: ElicitationForm[] = []
    const onElicit = accepting({ name: 'Ada' }, forms)
    const result = await call(server(), ELICIT, {}, { onElicit })
    expect(result).toMatchObject({ isError: false, gaps: [] })
    expect(result.text).toContain('- Name: Ada')
    const [form] = forms
    expect(form?.message).toContain('Please provide inputs')
    const kinds = form?.fields.map(({ name, kind }) => `${name} ${kind}`)
    expect(kinds).toContain('titledMultipleSelectEnum choices')
    expect(kinds).toContain('legacyTitledEnum choice')
    expect(form?.fields[0]).toMatchObject({ name: 'name', title: 'String', isRequired: true })
  }
)

test.each([
  ['declines', { action: 'decline' as const }, /declined/],
  ['cancels', { action: 'cancel' as const }, /cancelled|canceled/]
])('the server hears that a user %s', async (_what, answer, said) => {
  const result = await call(overHttp(), ELICIT, {}, { onElicit: async () => answer })
  expect(result.text).toMatch(said)
  expect(result.gaps).toEqual([])
})

test('where nobody can be asked, the server is refused politely, and the result says so', async () => {
  const result = await call(overHttp(), ELICIT, {})
  expect(result.text).toMatch(/declined/)
  expect(result.gaps).toEqual([
    'everything: It asked for input, and nobody can be asked here: declined.'
  ])
})

test('a user who does not answer in time is told of, and the server hears of a cancellation', async () => {
  const result = await call(overHttp(), ELICIT, {}, { onElicit: async () => undefined })
  expect(result.text).toMatch(/cancelled|canceled/)
  expect(result.gaps).toEqual([
    'everything: It asked for input, and nobody answered in time: cancelled.'
  ])
})

test('the call waits for its user beyond its own time-out', async () => {
  const server = { ...overHttp(), timeoutMs: 400, totalTimeoutMs: 800 }
  let wait = 0
  const onElicit: Elicit = async (_form, { maxWaitMs }) => {
    wait = maxWaitMs
    await sleep(1_200)
    return { action: 'accept', content: { name: 'Ada' } }
  }
  // The first call connects.
  await call(server, 'everything_echo', { message: 'x' })
  const result = await call(server, ELICIT, {}, { onElicit })
  expect(result.text).toContain('- Name: Ada')
  expect(wait).toBe(800)
})

test('a stop reaches a call whose user is asked', async () => {
  const stop = new AbortController()
  const asked = Promise.withResolvers<AbortSignal>()
  const onElicit: Elicit = (_form, { signal }) => {
    asked.resolve(signal)
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    )
  }
  const calling = call(overHttp(), ELICIT, {}, { onElicit, signal: stop.signal })
  const signal = await asked.promise
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  expect(signal.aborted).toBe(true)
})

test('two users on one connection are each asked about their own call only', async () => {
  const mine = (who: string) => ({
    onElicit: async (form: ElicitationForm) => {
      // The other one's answer comes in between.
      await sleep(who === 'alice' ? 3 : 1)
      expect(form.message).not.toContain(who === 'alice' ? 'bob' : 'alice')
      return { action: 'accept' as const, content: { name: who, colour: who } }
    }
  })
  const users = Array.from({ length: 100 }, (_, place) => (place % 2 === 0 ? 'alice' : 'bob'))
  const results = await Promise.all(
    users.map(async (who) => ({
      who,
      legacy: await call(overHttp(), ELICIT, {}, mine(who)),
      modern: await call(inRounds(), 'modern_paint', { who }, mine(who))
    }))
  )
  for (const { who, legacy, modern: painted } of results) {
    expect(legacy.text).toContain(`- Name: ${who}`)
    expect(painted.text).toBe(`${who}: ${who}`)
  }
})

test('where one stream carries all answers, two calls at a time are asked about by nobody', async () => {
  const seen: string[] = []
  const slowly = (who: string) => ({
    onElicit: async () => {
      seen.push(who)
      await sleep(50)
      return { action: 'accept' as const, content: { name: who } }
    }
  })
  const long = call(
    overStdio(),
    'everything_trigger-long-running-operation',
    { duration: 2, steps: 2 },
    slowly('bob')
  )
  await sleep(500)
  const result = await call(overStdio(), ELICIT, {}, slowly('alice'))
  expect(result.text).toMatch(/declined/)
  expect(seen).toEqual([])
  await long
})

test('input that a server of the newest protocol needs is asked for, and its call is repeated with it', async () => {
  const asking = inRounds()
  expect(
    await call(asking, 'modern_paint', { who: 'Ada' }, { onElicit: accepting({ colour: 'red' }) })
  ).toEqual({
    ...{ isError: false, text: 'Ada: red', links: [], gaps: [] }
  })
  const declined = await call(asking, 'modern_paint', { who: 'Ada' })
  expect(declined.text).toContain('Ada: decline')
  expect(declined.gaps).toHaveLength(1)
  const later = await call(asking, 'modern_later', { who: 'Ada' })
  expect(later.text).toBe('Ada came back')
})

test('a call is repeated at most five times, and asks at most five questions', async () => {
  const forms: ElicitationForm[] = []
  const onElicit = accepting({ colour: 'red' }, forms)
  const result = await call(inRounds(), 'modern_insatiable', { who: 'Ada' }, { onElicit })
  expect(result).toMatchObject({ isError: true })
  expect(result.text).toContain('again and again')
  expect(forms).toHaveLength(5)
  const five = await call(inRounds(), 'modern_many', { who: '5' }, { onElicit })
  expect(five.text).toBe('one,two,three,four,five')
  const six = await call(inRounds(), 'modern_many', { who: '6' }, { onElicit })
  expect(six).toMatchObject({ isError: true, text: 'It asked for too much input at once.' })
  expect(forms).toHaveLength(10)
})

test('a health probe says that nobody can be asked: the server offers it no tool that would', async () => {
  const context = { signal: AbortSignal.timeout(20_000), correlationId: 'c-1' }
  const probed = await clients.probe(overHttp(), context)
  const { tools } = await clients.lease([overHttp()], undefined, context)
  expect(tools.map(({ name }) => name)).toContain(ELICIT)
  expect(probed.tools).toBe(tools.length - 1)
})
