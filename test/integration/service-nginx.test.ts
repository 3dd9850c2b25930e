import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePackages } from '../../nautobot-plugin-shim/development/packages.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callOfferedTools, say } from '../support/model-steps.ts'
import { type RunningNginx, startNginx } from '../support/nginx.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { openEvents, refusalOf, send, textOf } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const WORDS = ['One ', 'word ', 'comes ', 'after ', 'the ', 'other.']
const WORD_INTERVAL_MS = 300
const READ_TIMEOUT_SECONDS = 4
const SILENT_SECONDS = 9
const MAX_BODY_BYTES = 256 * 1024
const message = 'How many devices are there?'

/** The lines that we recommend, with less patience, so that a test sees it end. */
const recommended = readFileSync(
  join(import.meta.dirname, '../../docs/nginx/ai-ops.conf'),
  'utf8'
).replace(/proxy_read_timeout \w+;/, `proxy_read_timeout ${READ_TIMEOUT_SECONDS}s;`)

let model: ScriptedModel
let slow: FaultMcpServer
let service: LabSidecar
let nginx: RunningNginx

beforeAll(async () => {
  await ensurePackages(['nginx'], (sentence) => void process.stdout.write(`${sentence}\n`))
  ;[model, slow] = await Promise.all([startScriptedModel({}), startFaultMcpServer()])
  slow.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  service = await startLabSidecar(model.url, { AI_OPS_HEARTBEAT_SECONDS: '1' })
  const server = { name: 'slow', remoteUrl: slow.url, status: 'Healthy', readOnlyTools: ['*'] }
  const created = await send(service.url, {
    path: '/api/v1/mcp-servers',
    body: { ...server, timeoutSeconds: SILENT_SECONDS }
  })
  expect(created.status).toBe(201)
  nginx = await startNginx(service.url, recommended)
})

afterAll(async () => {
  await nginx?.stop()
  await service?.stop()
  await Promise.all([model?.stop(), slow?.stop()])
})

/** Milliseconds after the question at which each piece of text arrived. */
async function arrivals(url: string): Promise<number[]> {
  model.answer(() => [say(WORDS, WORD_INTERVAL_MS)])
  const startedAt = performance.now()
  const { events } = await openEvents(url, { body: { message } })
  const times: number[] = []
  for await (const { event } of events) {
    if (event.type === 'TEXT_MESSAGE_CONTENT') times.push(performance.now() - startedAt)
  }
  return times
}

function spread(times: readonly number[]): number {
  return Math.max(...times) - Math.min(...times)
}

/** What somebody writes who has read nothing: HTTP/1.0 to the service, everything buffered. */
const untold = 'location /ai-ops/ { proxy_set_header Host $host; proxy_pass http://ai_ops/; }'

test.each([
  ['as we recommend it', recommended],
  ['that was told nothing', untold]
])('[T9] words arrive one by one behind an nginx %s', async (_which, site) => {
  const own = await startNginx(service.url, site)
  try {
    const times = await arrivals(`${own.url}/ai-ops`)
    expect(times).toHaveLength(WORDS.length)
    expect(spread(times)).toBeGreaterThan(WORD_INTERVAL_MS * (WORDS.length - 2))
  } finally {
    await own.stop()
  }
})

test('[T9] the same nginx holds back a stream whose wish it is told to ignore', async () => {
  const deaf = untold.replace('{', '{ proxy_ignore_headers X-Accel-Buffering;')
  const own = await startNginx(service.url, deaf)
  try {
    expect(spread(await arrivals(`${own.url}/ai-ops`))).toBeLessThan(
      (WORD_INTERVAL_MS * (WORDS.length - 2)) / 2
    )
  } finally {
    await own.stop()
  }
})

test('[T9] a stream outlives a tool that is silent for longer than nginx waits', async () => {
  model.answer(callOfferedTools([{ tool: 'echo', args: { text: 'x' } }], () => 'It said nothing.'))
  const startedAt = performance.now()
  const { events } = await openEvents(`${nginx.url}/ai-ops`, {
    body: { message, mcpServers: ['slow'] }
  })
  const seen = await Array.fromAsync(events)

  expect(performance.now() - startedAt).toBeGreaterThan(SILENT_SECONDS * 1_000)
  expect(slow.asked('tools/call')).toHaveLength(1)
  expect(seen.at(-1)?.event.type).toBe('RUN_FINISHED')
  expect(textOf(seen)).toContain('It said nothing.')
})

test('an answer that is not streamed needs an nginx that waits for the whole of it', async () => {
  const response = await send(`${nginx.url}/ai-ops`, { body: { message, mcpServers: ['slow'] } })
  await response.body?.cancel()
  expect(response.status).toBe(504)
})

test('[T9] a body that is too large gets our error, not that of nginx', async () => {
  const body = new Uint8Array(MAX_BODY_BYTES * 10).fill(0x20)
  const response = await send(`${nginx.url}/ai-ops`, { body })

  expect(response.status).toBe(413)
  const error = await refusalOf(response)
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { maxBytes: MAX_BODY_BYTES } })
})

test.each(['/api/v1/llm-models', '/chat/chat.js'])('%s is reached below a path', async (path) => {
  const response = await fetch(`${nginx.url}/ai-ops${path}`)
  await response.body?.cancel()
  expect(response.status).toBe(200)
})

test('other MCP clients reach the tools below a path', async () => {
  const response = await fetch(`${nginx.url}/ai-ops/mcp`)
  await response.body?.cancel()
  expect(response.status).toBe(405)
})

test.each([
  ...['/metrics', '/livez', '/readyz', '/docs', '/docs/json', '/', '', '/mcpx', '/api'],
  '/api/../metrics',
  '/api/%2e%2e/metrics'
])('"%s" is nobody\'s business outside', async (path) => {
  const response = await fetch(`${nginx.url}/ai-ops${path}`, { redirect: 'manual' })
  const text = await response.text()
  expect(response.status).toBe(404)
  expect(text).toContain('nginx')
})
