import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { AppError } from '../../../src/errors.ts'
import { createHealthCheck, type HealthCheck } from '../../../src/mcp/health-check.ts'
import { HEALTH_RECORDS } from '../../../src/mcp/health-records.ts'
import { createMcpClients, type McpClients } from '../../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { createMemoryRecords } from '../../../src/platform/records.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'
import { startSteadyClock } from '../../support/steady-clock.ts'

const PROBE_TIMEOUT_MS = 2_000

let outbound: Outbound
let clients: McpClients
let fault: FaultMcpServer
let servers: McpServer[]
let reported: [name: string, healthy: boolean][]
let failures: unknown[]
let refusal: AppError | undefined
let cachedKey: string
let storedKey: string

beforeEach(async () => {
  cachedKey = storedKey = 'canary'
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret(cachedKey) }),
    forgetCredential: () => {
      cachedKey = storedKey
    },
    stateUser: vouchForNobody,
    maxResultBytes: 1000,
    limits: { probeTimeoutMs: PROBE_TIMEOUT_MS }
  })
  fault = await startFaultMcpServer()
  servers = [at(fault)]
  reported = []
  failures = []
  refusal = undefined
})
afterEach(async () => {
  await clients.close()
  await fault.stop()
  await outbound.close()
})

const context = (signal = AbortSignal.timeout(8000)) => ({ signal, correlationId: 'c-1' })

/** A server as Nautobot describes it; its status there follows what is reported. */
function at({ url }: { readonly url: string }, change: Partial<McpServer> = {}): McpServer {
  return mcpServer({
    address: url,
    name: 'Weather',
    hasCredential: true,
    timeoutMs: 30_000,
    ...change
  })
}

function startCheck(): HealthCheck {
  return createHealthCheck({
    currentServers: async () => servers,
    probe: clients.probe,
    records: createMemoryRecords(HEALTH_RECORDS),
    hasStatus: ({ id }) => !id.startsWith('environment-'),
    report: async ({ id, name }, healthy) => {
      if (refusal) throw refusal
      reported.push([name, healthy])
      const status = healthy ? 'Healthy' : 'Failed'
      servers = servers.map((server) => (server.id === id ? { ...server, status } : server))
    },
    onFailed: (error) => failures.push(error)
  })
}

test('asks with the credential of the server, and knows how many tools there are and when it answered', async () => {
  const check = startCheck()
  const report = await check.checkAll(context())
  const health = (await check.known(['server-1'])).get('server-1')

  expect(report).toEqual({ servers: 1, failing: 0, changed: [], unreported: [] })
  expect(health).toMatchObject({ ok: true, problem: undefined, tools: 1, streak: 1 })
  expect(health?.lastSeenAt).toBe(health?.at)
  expect(fault.asked('tools/list')[0]?.headers.authorization).toBe('Bearer canary')
})

test('a key that was changed is resolved once more before its server is called dead', async () => {
  const accepted = 'Bearer rotated'
  fault.misbehave(({ headers }) =>
    headers.authorization === accepted ? undefined : { kind: 'status', status: 401 }
  )
  storedKey = 'rotated'
  expect(await startCheck().checkNow('server-1', context())).toMatchObject({ ok: true })

  cachedKey = storedKey = 'wrong'
  const before = fault.requests.length
  expect(await startCheck().checkNow('server-1', context())).toMatchObject({ ok: false })
  const tries = fault.requests.slice(before).filter(({ httpMethod }) => httpMethod === 'POST')
  expect(tries.length).toBeLessThanOrEqual(4)
})

test('writes a status when two probes in a row contradict it, and once', async () => {
  const check = startCheck()
  fault.misbehave(() => ({ kind: 'status', status: 500 }))
  const first = await check.checkAll(context())
  const second = await check.checkAll(context())
  await check.checkAll(context())

  expect([first.changed, second.changed]).toEqual([[], ['Weather']])
  expect(reported).toEqual([['Weather', false]])
  const health = (await check.known(['server-1'])).get('server-1')
  expect(health).toMatchObject({ ok: false, problem: 'it answered 500.', streak: 2 })

  fault.misbehave(() => undefined)
  await check.checkAll(context())
  expect(reported).toHaveLength(1)
  await check.checkAll(context())
  expect(reported).toEqual([
    ['Weather', false],
    ['Weather', true]
  ])
})

test('takes one bad moment for no failure', async () => {
  const check = startCheck()
  for (const isBad of [true, false, true, false]) {
    fault.misbehave(() => (isBad ? { kind: 'reset' } : undefined))
    await check.checkAll(context())
  }
  expect(reported).toEqual([])
})

test.each([
  ['html', 'its address does not answer as an MCP server.'],
  ['hang', 'it did not answer within 2 s.'],
  ['reset', /connection/]
] as const)('says of a server that does this: %s', async (kind, problem) => {
  const check = startCheck()
  fault.misbehave(() => ({ kind }))
  const health = await check.checkNow('server-1', context())
  expect(health).toMatchObject({ ok: false, tools: undefined })
  expect(health.problem).toMatch(problem)
})

test('says of a list that never comes how long it waited', async () => {
  const check = startCheck()
  fault.misbehave(({ method }) => (method === 'tools/list' ? { kind: 'hang' } : undefined))
  expect(await check.checkNow('server-1', context())).toMatchObject({
    ok: false,
    problem: 'it did not answer within 2 s.'
  })
})

test('leaves alone what is in Maintenance, is not enabled, or is no object in Nautobot', async () => {
  fault.misbehave(() => ({ kind: 'status', status: 503 }))
  servers = [
    at(fault, { id: 'a', name: 'In maintenance', status: 'Maintenance' }),
    at(fault, { id: 'b', name: 'Not enabled', enabled: false }),
    at(fault, { id: 'environment-c', name: 'Of the environment' })
  ]
  const check = startCheck()
  await check.checkAll(context())
  const report = await check.checkAll(context())

  expect(reported).toEqual([])
  expect(report).toMatchObject({ servers: 2, failing: 2 })
  expect([...(await check.known(['a', 'b', 'environment-c'])).keys()]).toEqual([
    'a',
    'environment-c'
  ])
})

test('what somebody looks at counts at once', async () => {
  const check = startCheck()
  fault.misbehave(() => ({ kind: 'status', status: 401 }))
  const health = await check.checkNow('server-1', context())

  expect(health.problem).toBe('it refuses the credential (401).')
  expect(reported).toEqual([['Weather', false]])
  await expect(check.checkNow('nobody', context())).rejects.toMatchObject({
    code: 'OBJECT_NOT_FOUND'
  })
})

test('goes on with the others when Nautobot does not take a status, and says so', async () => {
  const other = await startFaultMcpServer()
  onTestFinished(() => other.stop())
  servers = [at(fault), at(other, { id: 'server-2', name: 'Tickets', status: 'Failed' })]
  fault.misbehave(() => ({ kind: 'status', status: 500 }))
  const check = startCheck()
  refusal = new AppError('NAUTOBOT_UNAVAILABLE', 'down')
  await check.checkAll(context())
  const report = await check.checkAll(context())

  expect(report).toMatchObject({ failing: 1, changed: [], unreported: ['Weather', 'Tickets'] })
  expect(failures).toEqual([refusal, refusal])
})

test('probes 16 servers at a time at most', async () => {
  let open = 0
  let most = 0
  const slow = createServer((_request, response) => {
    open += 1
    most = Math.max(most, open)
    setTimeout(() => {
      open -= 1
      response.writeHead(500).end()
    }, 30)
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void slow.close())
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/mcp`
  servers = Array.from({ length: 40 }, (_, place) => at({ url }, { id: `s-${place}` }))
  const report = await startCheck().checkAll(context())

  expect(report.failing).toBe(40)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(16)
})

test('an abort ends the look at once, and keeps no failure of it', async () => {
  const check = startCheck()
  fault.misbehave(() => ({ kind: 'hang' }))
  const stop = new AbortController()
  const looking = check.checkAll(context(stop.signal))
  stop.abort(new Error('shutting down'))
  const clock = startSteadyClock()
  await expect(looking).rejects.toThrow('shutting down')
  expect(clock.stop()).toBeLessThan(PROBE_TIMEOUT_MS / 2)
  expect((await check.known(['server-1'])).size).toBe(0)
})
