import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { startTraceExport, type TraceExport } from '../../../src/platform/trace-export.ts'
import {
  currentTraceparent,
  openSpan,
  traced,
  tracedWithin,
  traceFields,
  traceHeaders
} from '../../../src/platform/tracing.ts'
import { startTraceCollector, type TraceCollector, treeOf } from '../../support/trace-collector.ts'
import { traceSettings } from '../../support/trace-recording.ts'

let collector: TraceCollector
let tracing: TraceExport

beforeEach(async () => {
  collector = await startTraceCollector()
  tracing = await startTraceExport({
    settings: traceSettings(collector.url),
    ...{ version: '1', fetch, onExported: () => undefined }
  })
})

afterEach(async () => {
  await tracing.close(1_000)
  await collector.stop()
})

async function tree(): Promise<string[]> {
  await tracing.close(1_000)
  return treeOf(collector.spans, undefined)
}

async function* countTo(max: number): AsyncGenerator<number, void> {
  for (let count = 1; count <= max; count += 1) {
    await sleep(1)
    yield await traced({ name: `step ${count}` }, async () => count)
  }
}

test('work belongs to the span around it, side by side and behind timers', async () => {
  await traced({ name: 'run' }, () =>
    Promise.all(
      ['a', 'b'].map((name) =>
        traced({ name }, async () => {
          await sleep(5)
          await traced({ name: `${name} inside` }, async () => sleep(1))
        })
      )
    )
  )
  expect(await tree()).toEqual(['run', '  a', '    a inside', '  b', '    b inside'])
})

test('the steps of a generator belong to whoever asks for them, not to where it was made', async () => {
  const made = await traced({ name: 'maker' }, async () => countTo(2))
  await traced({ name: 'reader' }, async () => {
    for await (const _count of made) await sleep(1)
  })
  expect(await tree()).toEqual(['maker', 'reader', '  step 1', '  step 2'])
})

test('a span that was opened by hand holds what is begun within it', async () => {
  const { span, within } = openSpan({ name: 'request', kind: 'server' })
  await within(() => traced({ name: 'handler' }, async () => undefined))
  span.end()
  expect(await tree()).toEqual(['request', '  handler'])
})

test('a parent from elsewhere is joined, and nonsense begins a trace', async () => {
  const id = '0af7651916cd43dd8448eb211c80319c'
  const parents = [
    `00-${id}-b7ad6b7169203331-01`,
    `00-${id}-b7ad6b7169203331-01-more`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `ff-${id}-b7ad6b7169203331-01`,
    ''
  ]
  await traced({ name: 'around' }, async () => {
    for (const [index, parent] of parents.entries()) {
      await traced({ name: String(index), parent }, async () => undefined)
    }
  })
  await tracing.close(1_000)
  const parentOf = (name: string) =>
    collector.spans.find((span) => span.name === name)?.parentSpanId
  expect(parents.map((_, index) => parentOf(String(index)))).toEqual([
    'b7ad6b7169203331',
    ...Array(4).fill(undefined)
  ])
})

test('a failure is told by its code alone, and goes on to whoever waits', async () => {
  const failures: unknown[] = [
    new AppError('NAUTOBOT_UNAVAILABLE', 'canary-words'),
    Object.assign(new Error('canary-words'), { code: 'ECONNRESET' }),
    Object.assign(new Error('canary-words'), { name: 'canary words' }),
    Symbol('stopped')
  ]
  for (const failure of failures) {
    const failing = traced({ name: 'failing' }, () => Promise.reject(failure))
    await expect(failing).rejects.toBe(failure)
  }
  await tracing.close(1_000)
  const types = collector.spans.map(({ attributes }) => attributes['error.type'])
  expect(types).toEqual(['NAUTOBOT_UNAVAILABLE', 'ECONNRESET', 'Error', 'aborted'])
  expect(collector.words()).not.toContain('canary')
})

test('what outlives a span is no work of it', async () => {
  const gate = new EventEmitter()
  const released = once(gate, 'open')
  let late: Promise<unknown> = Promise.resolve()
  await traced({ name: 'request' }, async () => {
    expect(traceHeaders().traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    late = released.then(async () => {
      await tracedWithin({ name: 'late' }, async () => undefined)
      return { headers: traceHeaders(), fields: traceFields() }
    })
  })
  gate.emit('open')
  expect(await late).toEqual({ headers: {}, fields: {} })
  expect(await tree()).toEqual(['request'])
})

test('nothing is traced outside of a request, and nothing after the end', async () => {
  await tracedWithin({ name: 'heartbeat' }, async () => undefined)
  await tracing.close(1_000)
  await traced({ name: 'afterwards' }, async () => {
    expect(currentTraceparent()).toBeUndefined()
  })
  expect(collector.spans).toEqual([])
})
