import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CLIENTS, type DoorClient } from '../support/door-clients.ts'
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'
import { auditOf } from './support/audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const ROUNDS = 25
/** Of the sample: all devices, and those of the one location that the restricted user sees. */
const DEVICES = { model: 'dcim.device' }

let replicas: Replicas
let service: LabSidecar
let collector: TraceCollector

beforeAll(async () => {
  collector = await startTraceCollector()
  replicas = await startReplicas({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200'
    }
  })
  service = await replicas.start()
})

afterAll(async () => {
  await replicas.stop()
  await collector.stop()
})

beforeEach(() => replicas.nautobot.forget())

interface Owner {
  readonly username: string
  readonly exchanged: boolean
}

/** Whose each token is that the service has sent to Nautobot since the last `forget()`. */
async function owners(): Promise<Map<string, Owner>> {
  const sent = new Set(replicas.nautobot.requests.map(({ authorization = '' }) => authorization))
  const found = new Map<string, Owner>()
  for (const authorization of sent) {
    const url = `${replicas.nautobot.url}/api/plugins/ai-ops/whoami/`
    found.set(authorization, await (await fetch(url, { headers: { authorization } })).json())
  }
  return found
}

const connectAs = (headers: Replicas['headers']) =>
  Promise.all(CLIENTS.map(([, , connect]) => connect(service.url, headers)))

const closeAll = (clients: readonly DoorClient[]) =>
  Promise.all(clients.map((client) => client.close()))

test.each(CLIENTS)(
  '%s lists the built-in tools and gets numbers with their links',
  async (...row) => {
    const client = await row[2](service.url, replicas.headers)
    expect(await client.listTools()).toEqual(expect.arrayContaining(['count', 'find']))
    const { isError, text } = await client.call('find', { ...DEVICES, limit: 3 })
    expect(isError).toBe(false)
    expect(text).toMatchObject({ count: 50, rows: { length: 3 } })
    expect(text.links).toContainEqual({
      label: 'Devices: 50',
      url: expect.stringMatching(/\/dcim\/devices\/\?clear_view=true$/)
    })
    const wrong = await client.call('count', {
      model: 'dcim.device',
      filters: { locaton: 'AMS01' }
    })
    expect(wrong).toMatchObject({ isError: true, text: { error: { nearest: ['location'] } } })
    await client.close()
  }
)

test('[T12] two users at once, over every client: each sees their own rows, by a token of theirs', async () => {
  const mine = await connectAs(replicas.headers)
  const theirs = await connectAs(replicas.otherHeaders)
  const ask = async (client: DoorClient | undefined) =>
    (await client?.call('count', DEVICES))?.text.count
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round % CLIENTS.length)
  const answers = await Promise.all(
    rounds.flatMap((client) => [ask(mine[client]), ask(theirs[client])])
  )
  const [all, few] = answers
  expect(all).toBe(50)
  expect(few).toBeGreaterThan(0)
  expect(few).toBeLessThan(50)
  expect(answers).toEqual(rounds.flatMap(() => [all, few]))
  await closeAll([...mine, ...theirs])
})

test("[S2] only read-only tokens of the callers read; the service account and the caller's own token do not", async () => {
  const clients = [
    ...(await connectAs(replicas.headers)),
    ...(await connectAs(replicas.otherHeaders))
  ]
  for (const client of clients) await client.call('count', DEVICES)
  await closeAll(clients)
  const whose = await owners()
  const identity =
    /^\/api\/plugins\/ai-ops\/(whoami|token-exchange|jwks|llm-models|mcp-servers|system-prompts)\//
  const reads = replicas.nautobot.requests.filter(({ path }) => !identity.test(path))
  expect(reads.length).toBeGreaterThanOrEqual(clients.length)
  const readers = new Set(reads.map(({ authorization = '' }) => whose.get(authorization)))
  expect([...readers].map((reader) => [reader?.username, reader?.exchanged]).sort()).toEqual([
    ['lab', true],
    ['restricted', true]
  ])
})

test('nobody, and whom Nautobot refuses, gets 401 and nothing is read', async () => {
  for (const authorization of [undefined, `Token ${'0'.repeat(40)}`, 'Bearer nonsense']) {
    const response = await fetch(`${service.url}/mcp`, {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(authorization && { authorization })
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
  }
  const [, , connect] = CLIENTS[0] ?? []
  await expect(connect?.(service.url)).rejects.toThrow()
  const paths = replicas.nautobot.requests.map(({ path }) => path)
  expect(paths.filter((path) => !path.includes('/whoami/'))).toEqual([])
})

/** Error types of the spans of calls to `find` that failed. */
const failedFinds = () =>
  collector.spans
    .filter(({ name, isError }) => name === 'execute_tool find' && isError)
    .map(({ attributes }) => attributes['error.type'])

test.each(CLIENTS)('what %s gives up asks Nautobot nothing more', async (...row) => {
  const failedBefore = failedFinds().length
  const client = await row[2](service.url, replicas.headers)
  await client.call('count', DEVICES)
  replicas.nautobot.forget()
  await replicas.nautobot.become('hanging')
  try {
    const stop = new AbortController()
    // None is there: where the answer is waited for, a second request counts them.
    const args = { ...DEVICES, filters: { name: 'nobody' } }
    const call = client.call('find', args, { signal: stop.signal })
    call.catch(() => undefined)
    await expect.poll(() => replicas.nautobot.requests.length).toBe(1)
    stop.abort()
    await expect(call).rejects.toThrow()
    await client.close()
    await expect
      .poll(() => service.logs())
      .toMatch(
        /"audit":true,"event":"tool\.called","outcome":"aborted".*"via":"mcp".*"tool":"find"/
      )
    await expect
      .poll(() => failedFinds().slice(failedBefore), { timeout: 10_000 })
      .toEqual(['aborted'])
  } finally {
    await replicas.nautobot.become('up')
  }
  expect(replicas.nautobot.requests).toHaveLength(1)
})

test('[T23] a Nautobot that is down is said, and no number is', async () => {
  const [, , connect] = CLIENTS[0] ?? []
  const client = await connect?.(service.url, replicas.headers)
  await client?.call('count', DEVICES)
  await replicas.nautobot.become('down')
  try {
    const answer = await client?.call('count', DEVICES)
    expect(answer).toMatchObject({
      isError: true,
      text: { error: { code: 'NAUTOBOT_UNAVAILABLE' } }
    })
    expect(answer?.text).not.toHaveProperty('count')
  } finally {
    await replicas.nautobot.become('up')
  }
  await client?.close()
})

test('[S10] calls are counted and written down with who made them', async () => {
  const numbers = await (await fetch(`${service.url}/metrics`)).text()
  expect(numbers).toMatch(
    /ai_ops_tool_call_duration_seconds_count\{origin="nautobot",tool="count",outcome="ok"\} [1-9]/
  )
  expect(numbers).toMatch(
    /ai_ops_http_request_duration_seconds_count\{operation="mcp\.call",status="2xx"\} [1-9]/
  )
  const lines = auditOf(service).filter(({ event }) => event === 'tool.called')
  const about = { outcome: 'ok', via: 'mcp', server: 'nautobot', durationMs: expect.any(Number) }
  expect(lines).toContainEqual(expect.objectContaining({ ...about, user: 'lab', tool: 'find' }))
  expect(lines).toContainEqual(
    expect.objectContaining({ ...about, user: 'restricted', tool: 'count' })
  )
})

test('each call is a span, in the trace of its client, with what was asked of Nautobot below it', async () => {
  const id = '6af7651916cd43dd8448eb211c80319c'
  const traceparent = `00-${id}-b7ad6b7169203331-01`
  const ofTrace = (wanted: string) =>
    collector.spans.filter(({ traceId, name }) => traceId === id && name === wanted)
  for (const [, , connect] of CLIENTS) {
    const client = await connect(service.url, { ...replicas.headers, traceparent })
    await client.call('find', { ...DEVICES, limit: 3, filters: { location: 'canary-argument' } })
    await client.call('find', { ...DEVICES, limit: 3 })
    await client.close()
  }
  await expect
    .poll(() => ofTrace('execute_tool find').length, { timeout: 10_000 })
    .toBe(2 * CLIENTS.length)
  const requests = new Set(ofTrace('POST /mcp').map(({ spanId }) => spanId))
  const calls = ofTrace('execute_tool find')
  expect(calls.map(({ parentSpanId = '' }) => requests.has(parentSpanId))).not.toContain(false)
  expect(calls.map(({ attributes }) => attributes['error.type'] ?? 'ok')).toEqual(
    CLIENTS.flatMap(() => ['tool_error', 'ok'])
  )
  const found = calls.filter(({ isError }) => !isError)
  for (const { spanId, attributes } of found) {
    expect(attributes).toMatchObject({ 'ai_ops.tool.server': 'nautobot', 'ai_ops.tool.rows': 3 })
    expect(collector.spans.some(({ parentSpanId }) => parentSpanId === spanId)).toBe(true)
  }
  expect(collector.words()).not.toContain('canary-argument')
})
