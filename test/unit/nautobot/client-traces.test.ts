import { expect, test } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { traced } from '../../../src/platform/tracing.ts'
import { recordTraces } from '../../support/trace-recording.ts'
import { json, startWireServer } from '../../support/wire-server.ts'

const call = {
  token: new Secret('canary-token'),
  signal: new AbortController().signal,
  correlationId: 'c-1'
}
const ID = '6f5902ac-237f-4d63-9a3d-1ff3a1d1a5a2'

async function connect() {
  const server = await startWireServer(({ path }, response) =>
    path.includes('broken') ? json(response, 500, { detail: 'canary-detail' }) : { results: [] }
  )
  const nautobot = createNautobotClient({
    url: `${server.url}/prefix`,
    publicUrl: server.url,
    timeoutMs: 5_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 10_000,
    verifyTls: true
  })
  return { server, nautobot }
}

test('Nautobot is told the span of each request, which names neither objects nor filters', async () => {
  const traces = await recordTraces()
  const { server, nautobot } = await connect()
  await traced({ name: 'run' }, async () => {
    await nautobot.get('/api/ipam/ip-addresses/', { q: 'canary-filter' }, call)
    await nautobot.get(`/api/dcim/devices/${ID}/`, {}, call)
    await nautobot.get('/api/plugins/ai-ops/broken/', {}, call).catch(() => undefined)
  })
  const spans = (await traces.ended()).filter(({ name }) => name !== 'run')
  expect(spans.map(({ name, isError }) => [name, isError])).toEqual([
    ['GET /api/ipam/ip-addresses/', false],
    ['GET /api/dcim/devices/{id}/', false],
    ['GET /api/plugins/ai-ops/broken/', true]
  ])
  expect(spans[2]?.attributes).toMatchObject({
    'http.response.status_code': 500,
    'error.type': 'NAUTOBOT_UNAVAILABLE'
  })
  expect(server.requests.map(({ headers }) => headers.traceparent)).toEqual(
    spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
  )
  expect(traces.words()).not.toContain('canary')
})

test('without traces Nautobot is told nothing of them', async () => {
  const { server, nautobot } = await connect()
  await nautobot.get('/api/dcim/devices/', {}, call)
  expect(server.requests[0]?.headers).not.toHaveProperty('traceparent')
})
