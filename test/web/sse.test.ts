import { expect, test } from 'vitest'
import { createSseParser, MAX_EVENT_CHARS, readSse, type SseEvent } from '../../src/web/sse.ts'

const STREAM =
  '\ufeff: hello\n\nid: 1\nevent: RUN_STARTED\ndata: {"a":1}\n\n' +
  'id: 2\r\nevent: TEXT\r\ndata: first\r\ndata: second ü 🌐\r\n\r\n' +
  ': heartbeat\r\rdata:no space\rid: 3\r\r' +
  'event: empty\n\ndata\n\nid: 4\nretry: 10\nunknown: x\ndata:  two spaces\n\ndata: unfinished'

const EVENTS: SseEvent[] = [
  { id: '1', event: 'RUN_STARTED', data: '{"a":1}' },
  { id: '2', event: 'TEXT', data: 'first\nsecond ü 🌐' },
  { id: '3', event: 'message', data: 'no space' },
  { id: '3', event: 'message', data: '' },
  { id: '4', event: 'message', data: ' two spaces' }
]

function bodyOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    }
  })
}

async function readAll(chunks: readonly Uint8Array[]): Promise<SseEvent[]> {
  return await Array.fromAsync(readSse(bodyOf(chunks)))
}

test('a stream cut in two at any byte gives the same events', async () => {
  const bytes = new TextEncoder().encode(STREAM)
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await readAll([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(EVENTS)
  }
})

test('a stream that comes byte by byte gives the same events', async () => {
  const bytes = new TextEncoder().encode(STREAM)
  expect(await readAll(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
})

test('an id with a null character is ignored', () => {
  expect(createSseParser()('id: 1\n\nid: \0\ndata: x\n\n')).toEqual([
    { id: '1', event: 'message', data: 'x' }
  ])
})

test('an event over the limit is refused, one at the limit is not', () => {
  const atLimit = 'x'.repeat(MAX_EVENT_CHARS)
  const parse = createSseParser()
  expect(parse(`data: ${atLimit}\n`)).toEqual([])
  expect(parse('\n')).toHaveLength(1)
  expect(() => createSseParser()(`data: ${atLimit}x\n`)).toThrow(/larger than/)
  expect(() => createSseParser()(`${atLimit}x`)).toThrow(/larger than/)
})

test('every chunk counts as a sign of life, comments included', async () => {
  let signs = 0
  const chunks = [': a\n\n', ': b\n\n'].map((text) => new TextEncoder().encode(text))
  const events = await Array.fromAsync(
    readSse(bodyOf(chunks), () => {
      signs += 1
    })
  )
  expect([events, signs]).toEqual([[], 2])
})

test('a reader that leaves early releases the body', async () => {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
    cancel: () => {
      cancelled = true
    }
  })
  for await (const event of readSse(body)) {
    expect(event.data).toBe('x')
    break
  }
  expect(cancelled).toBe(true)
})
