import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMcpClients, type McpClients } from '../../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import {
  ECHO,
  type Fault,
  type FaultMcpServer,
  startFaultMcpServer
} from '../../support/fault-mcp-server.ts'

const MAX_RESPONSE_BYTES = 1_000_000
const CALL_TIMEOUT_MS = 700
/** A call's own time-out, and a little for a busy machine; less than a list is waited for. */
const MAX_WAIT_MS = CALL_TIMEOUT_MS + 4_000

let nowMs = 0
let outbound: Outbound
let clients: McpClients
let bad: FaultMcpServer
let good: FaultMcpServer

beforeEach(async () => {
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: MAX_RESPONSE_BYTES })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    maxResultBytes: 4_000,
    stateUser: vouchForNobody,
    limits: { listMaxWaitMs: 5_000 },
    now: () => nowMs
  })
  ;[bad, good] = await Promise.all([startFaultMcpServer(), startFaultMcpServer()])
})
afterEach(async () => {
  await clients.close()
  await outbound.close()
  await Promise.all([bad.stop(), good.stop()])
})

const context = () => ({ signal: AbortSignal.timeout(9_000), correlationId: 'c-1' })
const lease = () =>
  clients.lease(
    [
      mcpServer({ id: 'bad', name: 'bad', address: bad.url, timeoutMs: CALL_TIMEOUT_MS }),
      mcpServer({ id: 'good', name: 'good', address: good.url })
    ],
    undefined,
    context()
  )

const bomb = gzipSync(Buffer.alloc(100_000_000, ' '))
const GZIP = { 'content-encoding': 'gzip' }
const tooLarge = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { content: [{ type: 'text', text: 'x'.repeat(5_000_000) }] }
})

const FAULTS: readonly [string, Fault, RegExp][] = [
  ['bytes that drip', { kind: 'drip', everyMs: 20 }, /did not answer within/],
  ['the id of another request', { kind: 'wrong-id' }, /did not answer within|not valid MCP|broke/],
  ['5 MB', { kind: 'raw', body: tooLarge }, /too large|larger|connection/],
  ['a gzip bomb', { kind: 'raw', body: bomb, headers: GZIP }, /is compressed \(gzip\)/],
  ['403', { kind: 'status', status: 403 }, /refuses the credential/],
  ['429', { kind: 'status', status: 429 }, /answered 429/]
]

test.each(FAULTS)(
  'a call that is answered with %s ends in time, and another server answers beside it',
  async (_, fault, reason) => {
    const set = await lease()
    bad.misbehave(({ method }) => (method === 'tools/call' ? fault : undefined))
    const startedAt = performance.now()
    const [failed, answered] = await Promise.all([
      set.call('bad_echo', { n: 1 }, context()),
      set.call('good_echo', { n: 2 }, context())
    ])
    expect(performance.now() - startedAt).toBeLessThan(MAX_WAIT_MS)
    expect(failed).toMatchObject({ isError: true, gaps: [expect.stringMatching(reason)] })
    expect(answered).toMatchObject({ isError: false, text: '{"n":2}' })
    expect(bad.asked('tools/call')).toHaveLength(1)
  }
)

test.each(FAULTS)(
  'a list that is answered with %s costs its own server alone',
  async (_, fault, reason) => {
    bad.misbehave(({ method }) => (method === 'tools/list' ? fault : undefined))
    const startedAt = performance.now()
    const { tools, unavailable } = await lease()
    expect(performance.now() - startedAt).toBeLessThan(MAX_WAIT_MS)
    expect(tools.map(({ name }) => name)).toEqual(['good_echo'])
    expect(unavailable).toEqual([{ server: 'bad', reason: expect.stringMatching(reason) }])
  }
)

test('a response that comes several times is one result', async () => {
  const set = await lease()
  bad.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'duplicates', times: 50 } : undefined
  )
  expect(await set.call('bad_echo', { n: 1 }, context())).toMatchObject({ text: '{"n":1}' })
  bad.misbehave(() => undefined)
  expect(await set.call('bad_echo', { n: 2 }, context())).toMatchObject({ text: '{"n":2}' })
})

test('bytes that are not UTF-8 are shown as such, and break nothing', async () => {
  const set = await lease()
  bad.misbehave(({ method, id }) => {
    if (method !== 'tools/call') return undefined
    const start = `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"a`
    const body = Buffer.concat([
      Buffer.from(start),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('b"}]}}')
    ])
    return { kind: 'raw', body }
  })
  const { text } = await set.call('bad_echo', {}, context())
  expect(text).toBe('a\uFFFD\uFFFDb')
})

test('cursors without end are followed as far as the bound', async () => {
  let page = 0
  bad.misbehave(({ method }) => {
    if (method !== 'tools/list') return undefined
    page += 1
    const result = { tools: [{ ...ECHO, name: `tool_${page}` }], nextCursor: `page-${page}` }
    return { kind: 'result', result }
  })
  const { tools } = await lease()
  expect(tools.filter(({ server }) => server === 'bad')).toHaveLength(20)
  expect(page).toBe(20)
})

test.each([
  ['sampling/createMessage', -32_601],
  ['roots/list', -32_601],
  // Known, but a form without fields is none.
  ['elicitation/create', -32_602]
])(
  'a server that asks for %s in a call is refused, and may answer without',
  async (method, code) => {
    const set = await lease()
    bad.misbehave((request) =>
      request.method === 'tools/call' ? { kind: 'ask-first', method } : undefined
    )
    expect(await set.call('bad_echo', {}, context())).toMatchObject({ text: 'done without' })
    const answers = bad.requests.filter(({ id }) => id === 'asked-by-server')
    expect(answers).toMatchObject([{ error: { code } }])
  }
)

test('a server that tells of changed tools is asked for them by the next question', async () => {
  await bad.stop()
  bad = await startFaultMcpServer({ tellsOfChanges: true })
  await lease()
  const streams = () => bad.requests.filter(({ httpMethod }) => httpMethod === 'GET')
  await expect.poll(() => streams().length).toBe(1)
  bad.misbehave(({ method }) =>
    method === 'tools/list'
      ? { kind: 'result', result: { tools: [{ ...ECHO, name: 'new' }] } }
      : undefined
  )
  bad.tellOfChange()
  nowMs += 5_000
  await expect
    .poll(async () => (await lease()).tools.map(({ name }) => name))
    .toEqual(['bad_new', 'good_echo'])
  expect(bad.asked('tools/list')).toHaveLength(2)
  expect(streams()).toHaveLength(1)
})

test('a server that closes the stream of its notifications is not asked for it again', async () => {
  await bad.stop()
  bad = await startFaultMcpServer({ tellsOfChanges: true })
  bad.misbehave(({ httpMethod }) => (httpMethod === 'GET' ? { kind: 'cut-stream' } : undefined))
  const set = await lease()
  await sleep(2_500)
  expect(bad.requests.filter(({ httpMethod }) => httpMethod === 'GET')).toHaveLength(1)
  expect(await set.call('bad_echo', { n: 1 }, context())).toMatchObject({ text: '{"n":1}' })
})

test('a server that restarts in mid-call is asked again only for the next call', async () => {
  const set = await lease()
  bad.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  const calling = set.call('bad_echo', { n: 1 }, context())
  await expect.poll(() => bad.asked('tools/call').length).toBe(1)
  const { port } = bad
  await bad.stop()
  bad = await startFaultMcpServer({ port })
  expect(await calling).toMatchObject({ isError: true, text: expect.stringContaining('not known') })
  expect(bad.asked('tools/call')).toEqual([])
  expect(await set.call('bad_echo', { n: 2 }, context())).toMatchObject({ text: '{"n":2}' })
})
