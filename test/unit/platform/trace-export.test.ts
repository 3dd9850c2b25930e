import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret } from '../../../src/platform/secret.ts'
import {
  parsePairs,
  startTraceExport,
  type TraceExport,
  type TraceExportOptions
} from '../../../src/platform/trace-export.ts'
import type { TraceSettings } from '../../../src/platform/trace-settings.ts'
import { openSpan, traced } from '../../../src/platform/tracing.ts'
import { startTraceCollector, type TraceCollector } from '../../support/trace-collector.ts'
import { traceSettings } from '../../support/trace-recording.ts'

let collector: TraceCollector
let tracing: TraceExport | undefined
/** Spans, and why they were lost. */
let exported: (readonly [spans: number, reason: string | undefined])[]

beforeEach(async () => {
  collector = await startTraceCollector()
  exported = []
})

afterEach(async () => {
  await tracing?.close(1_000)
  await collector.stop()
})

async function start(
  settings: Partial<TraceSettings> = {},
  options: Partial<TraceExportOptions> = {}
): Promise<TraceExport> {
  tracing = await startTraceExport({
    settings: traceSettings(collector.url, settings),
    version: '1.2.3',
    fetch,
    onExported: (spans, error) => exported.push([spans, error?.message]),
    ...options
  })
  return tracing
}

async function trace(spans: number): Promise<void> {
  for (let made = 0; made < spans; made += 1) await traced({ name: 'work' }, async () => undefined)
}

test('says who it is, with the headers of the environment', async () => {
  await start({
    headers: new Secret('x-api-key=a%20key, x-tenant = b'),
    resourceAttributes: 'service.name=other,team=net%20ops',
    serviceName: 'ours'
  })
  await trace(1)
  await tracing?.close(1_000)
  expect(collector.headers()).toMatchObject({ 'x-api-key': 'a key', 'x-tenant': 'b' })
  expect(collector.resource()).toMatchObject({
    'service.name': 'ours',
    'service.version': '1.2.3',
    team: 'net ops'
  })
})

test('speaks protobuf where that is asked for', async () => {
  await start({ protocol: 'http/protobuf' })
  await trace(1)
  await tracing?.close(1_000)
  expect(collector.headers()['content-type']).toBe('application/x-protobuf')
  expect(collector.words()).toContain('work')
  expect(exported).toEqual([[1, undefined]])
})

test('holds no more spans than the queue takes; the rest is lost', async () => {
  await start({}, { maxQueuedSpans: 10 })
  for (let made = 0; made < 200; made += 1) openSpan({ name: 'work' }).span.end()
  await tracing?.close(2_000)
  // One batch is on its way while the queue fills again.
  expect(collector.spans.length).toBe(20)
})

test('a collector that never answers is given up in time', async () => {
  collector.answer(0)
  await start({ exportIntervalMs: 100 }, { exportTimeoutMs: 200 })
  await trace(3)
  await expect.poll(() => exported.length, { timeout: 3_000 }).toBe(1)
  expect(exported[0]?.[0]).toBe(3)
  expect(exported[0]?.[1]).toMatch(/timeout/)
})

test('the end waits for a collector no longer than it may', async () => {
  collector.answer(0)
  await start()
  await trace(1)
  const startedAt = performance.now()
  await tracing?.close(200)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('a refusal loses the batch, and the next one is sent', async () => {
  collector.answer(503)
  await start({ exportIntervalMs: 100 })
  await trace(2)
  await expect.poll(() => exported).toEqual([[2, 'It answered 503.']])
  collector.answer(200)
  await trace(1)
  await expect.poll(() => exported[1]).toEqual([1, undefined])
})

test.each<[TraceSettings['sampler'], number, number]>([
  ['always_on', 0, 20],
  ['always_off', 1, 0],
  ['traceidratio', 0, 0],
  ['traceidratio', 1, 20],
  ['parentbased_always_off', 1, 0],
  ['parentbased_traceidratio', 1, 20]
])('%s with %d traces %d of 20', async (sampler, samplerRatio, expected) => {
  await start({ sampler, samplerRatio })
  await trace(20)
  await tracing?.close(1_000)
  expect(collector.spans.length).toBe(expected)
})

test('pairs are read as OpenTelemetry writes them', () => {
  expect(parsePairs(' a = 1 ,b=x%3Dy=z,,nothing,c=,d=100%')).toEqual({
    a: '1',
    b: 'x=y=z',
    c: '',
    d: '100%'
  })
  expect(parsePairs()).toEqual({})
})
