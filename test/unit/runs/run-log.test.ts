import { expect, it } from 'vitest'
import { LOG_START, parseLogId, readingPlace, toLogId } from '../../../src/runs/log-place.ts'
import { withStart } from '../../../src/runs/log-start.ts'
import { eventOf, type LoggedEvent } from '../../../src/runs/run.ts'
import { createMemoryRunLog, type RunLog } from '../../../src/runs/run-log.ts'
import { CONVERSATION_ID, FINISHED, RUN_ID, STARTED, saying } from '../../support/run-events.ts'

const TEXT = saying('m1', 'One', ' two', ' three')
const EVENTS = [STARTED, ...TEXT, FINISHED]

function filled(events = EVENTS, attempt = 1): RunLog {
  const log = createMemoryRunLog(attempt)
  for (const event of events) log.append(event)
  return log
}

function read(log: RunLog, after = 0, signal = new AbortController().signal) {
  return Array.fromAsync(log.read(after, signal))
}

const idsOf = (events: readonly LoggedEvent[]) => events.map(({ id }) => id)
const settle = () => new Promise(setImmediate)

it('gives ids that count from one within an attempt, and drafts the next without adding it', () => {
  const log = filled(EVENTS.slice(0, 2), 3)
  expect(idsOf(log.events())).toEqual(['3-1', '3-2'])
  const draft = log.draft(FINISHED)
  expect(log.last).toBe(2)

  expect(log.append(FINISHED)).toEqual(draft)
  expect(draft).toMatchObject({ id: '3-3', type: 'RUN_FINISHED' })
  expect(eventOf(draft)).toEqual(FINISHED)
})

it('tells each reader what follows after their place, until it is closed', async () => {
  const log = createMemoryRunLog()
  const readers = EVENTS.map((_event, after) => read(log, after))
  for (const event of EVENTS) {
    log.append(event)
    await settle()
  }
  log.close()

  for (const [after, reader] of readers.entries()) {
    expect((await reader).map(eventOf)).toEqual(EVENTS.slice(after))
  }
  expect(await read(log, EVENTS.length)).toEqual([])
})

it('ends a reader that leaves while it waits, before it began, and never the others', async () => {
  const log = filled(EVENTS.slice(0, 2))
  const leaving = new AbortController()
  const left = read(log, 0, leaving.signal)
  const stayed = read(log)
  await settle()
  leaving.abort()
  expect(await left).toHaveLength(2)
  expect(await read(log, 0, leaving.signal)).toEqual([])
  log.append(FINISHED)
  log.close()

  expect((await stayed).at(-1)?.type).toBe('RUN_FINISHED')
})

it.each([0, 1, 2, 5, 100])(
  'lets readers at every place go on with the %i newest events when it is cut to them',
  async (kept) => {
    const log = filled()
    const readers = await Promise.all(
      Array.from({ length: EVENTS.length + 1 }, async (_, after) => {
        const reader = log.read(0, new AbortController().signal)
        for (let seen = 0; seen < after; seen += 1) await reader.next()
        return { after, reader }
      })
    )
    log.trim(kept)
    const more = log.append(FINISHED)
    log.close()

    const first = Math.max(0, EVENTS.length - kept)
    expect(log.events()).toHaveLength(Math.min(kept, EVENTS.length) + 1)
    expect(more.id).toBe(`1-${EVENTS.length + 1}`)
    for (const { after, reader } of readers) {
      const ids = idsOf(await Array.fromAsync(reader))
      const from = Math.max(after, first) + 1
      const expected = EVENTS.length + 2 - from
      expect(ids).toEqual(Array.from({ length: expected }, (_, place) => `1-${from + place}`))
    }
  }
)

it('lets a reader in the middle of the part that is cut off go on with the rest', async () => {
  const log = filled()
  const reader = log.read(0, new AbortController().signal)
  expect((await reader.next()).value).toMatchObject({ id: '1-1' })
  log.trim(2)
  log.close()

  expect(idsOf(await Array.fromAsync(reader))).toEqual(['1-6', '1-7'])
})

it('reads ids as it writes them, and nothing else', () => {
  expect(parseLogId(toLogId({ attempt: 2, number: 17 }))).toEqual({ attempt: 2, number: 17 })
  for (const id of ['', '1', '1-', '-1', 'a-1', '1-1-1', '1-1 ', '1.0-1', '1-9999999999']) {
    expect(parseLogId(id)).toBeUndefined()
  }
})

it('lets readers go on anywhere in this attempt or an earlier one, also beyond what is kept', () => {
  expect(readingPlace(undefined, 2)).toBe(LOG_START)
  expect(readingPlace('1-0', 2)).toEqual({ attempt: 1, number: 0 })
  expect(readingPlace('1-900', 2)).toEqual({ attempt: 1, number: 900 })
  expect(readingPlace('2-3', 2)).toEqual({ attempt: 2, number: 3 })
})

it.each(['3-1', '0-0', '0-5', '17', 'x'])(
  'refuses the id %s, and says what one looks like',
  (id) => {
    const fields = [{ path: 'Last-Event-ID', message: expect.stringContaining('2-17') }]
    expect(() => readingPlace(id, 2)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { fields } })
    )
  }
)

it('gives a log that has lost its beginning one, and leaves the others alone', async () => {
  const run = { id: RUN_ID, conversationId: CONVERSATION_ID }
  const log = filled()
  log.close()
  const whole = await read(log)
  expect(await Array.fromAsync(withStart(run, log.read(0, new AbortController().signal)))).toEqual(
    whole
  )
  log.trim(2)
  const cut = await Array.fromAsync(withStart(run, log.read(0, new AbortController().signal)))

  expect(idsOf(cut)).toEqual(['1-5', '1-6', '1-7'])
  expect(cut.map(eventOf)).toEqual([STARTED, ...EVENTS.slice(-2)])
})
