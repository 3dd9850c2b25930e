import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  callTool,
  type ModelRequest,
  type ModelStep,
  say,
  sinceLastQuestion
} from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import {
  type CommandCounts,
  type RedisMonitor,
  startRedisMonitor
} from '../support/redis-monitor.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { allOf, openEvents } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

/** What a question costs in commands, each a round trip of its own. An answer of one piece without tools costs this … */
const PER_TURN = {
  ...{ CLAIM: 1, OPEN_RUN: 1, GET: 1, PUT: 3, PUT_WRITES: 2, PRUNE: 1, END_RUN: 1 }
  // Whoever reads the run asks first whose it is.
}
/** … one more where the conversation is not new: the model and servers that were chosen in it are read first; … */
const PER_CONTINUATION = { DESCRIBE: 1 }
/** … each time the model calls tools, however many at once, adds this, */
const PER_ROUND = { PUT: 2, PUT_WRITES: 1 }
/** … and each result this. */
const PER_RESULT = { PUT_WRITES: 1 }
/** Beyond that each event but the last costs at most one of these; those that come together share it. */
const WRITE_EVENTS = 'APPEND'
/** The clock's, not the turn's. */
const CLOCKS = ['RENEW', 'CANCELLED', 'LAPSED']
/** From listening to having reached Redis. */
const START_TIMEOUT_MS = 10_000
/** Longer than the time within which pieces of text are joined, so that each is an event. */
const PIECE_MS = 120

let redis: RunningRedis
let model: ScriptedModel
let service: LabSidecar
let monitor: RedisMonitor

beforeAll(async () => {
  redis = await startRedis()
  model = await startScriptedModel({ respond: () => [say('Understood.')] })
  service = await startLabSidecar(model.url, { REDIS_URL: redis.url })
  monitor = await startRedisMonitor(redis.url)
  await vi.waitFor(() => turn({ rounds: 1, calls: 1 }), {
    timeout: START_TIMEOUT_MS,
    interval: 200
  })
})

afterAll(async () => {
  monitor.stop()
  await service.stop()
  await model.stop()
  await redis.stop()
})

interface Shape {
  /** How often the model calls tools before it answers. */
  readonly rounds?: number
  /** Tools it calls at once. */
  readonly calls?: number
  /** Pieces in which the answer comes. */
  readonly pieces?: number
  /** Without it the conversation is a new one. */
  readonly conversationId?: string
}

/** One question: the commands it cost, and the events it gave. */
async function turn({ conversationId, ...shape }: Shape) {
  model.answer((request) => answerOf(request, shape))
  const body = { message: 'How many?', ...(conversationId && { conversationId }) }
  const { result: events, sent } = await monitor.during(async () => {
    // The last event comes when the turn has written all it writes.
    const { events } = await openEvents(service.url, { body })
    return allOf(events)
  })
  const ofType = (type: string) => events.filter(({ event }) => event.type === type)
  const [started] = ofType('RUN_STARTED')
  expect(ofType('RUN_FINISHED')).toHaveLength(1)
  const { [WRITE_EVENTS]: writes = 0, ...rest } = sent
  expect(writes).toBeGreaterThan(0)
  expect(writes).toBeLessThan(events.length)
  return {
    texts: ofType('TEXT_MESSAGE_CONTENT').length,
    results: ofType('TOOL_CALL_RESULT').length,
    conversationId: started?.event.type === 'RUN_STARTED' ? started.event.threadId : '',
    sent: Object.fromEntries(Object.entries(rest).filter(([name]) => !CLOCKS.includes(name)))
  }
}

function answerOf(
  request: ModelRequest,
  { rounds = 0, calls = 1, pieces = 1 }: Shape
): ModelStep[] {
  const round = sinceLastQuestion(request).filter(({ role }) => role === 'assistant').length
  if (round >= rounds) return [say(Array(pieces).fill('word '), pieces > 1 ? PIECE_MS : 0)]
  const names = (request.body.tools ?? []).map((tool) => tool.function.name)
  const name = names.find((candidate) => candidate.endsWith('count')) ?? ''
  return Array.from({ length: calls }, (_, call) =>
    callTool(name, { model: 'dcim.device', filters: { q: `${round}-${call}` } })
  )
}

it.each<Shape>([
  {},
  { pieces: 2 },
  { pieces: 5 },
  { rounds: 1 },
  { rounds: 1, calls: 2 },
  { rounds: 1, calls: 6 },
  { rounds: 3 },
  { rounds: 2, calls: 3, pieces: 3 }
])('asks Redis a constant number of times for each event of a turn: %j', async (shape) => {
  const { rounds = 0, calls = 1, pieces = 1 } = shape
  const { texts, results, sent } = await turn(shape)

  expect(results).toBe(rounds * calls)
  // Where the machine halts, pieces are joined after all.
  expect(texts).toBeGreaterThanOrEqual(Math.min(pieces, 2))
  expect(sent).toEqual(add(PER_TURN, times(rounds, PER_ROUND), times(results, PER_RESULT)))
})

it('asks Redis as often in a long conversation as in a short one', async () => {
  const { conversationId } = await turn({ rounds: 1 })
  for (let asked = 1; asked < 12; asked += 1) await turn({ rounds: 1, conversationId })
  const { sent } = await turn({ rounds: 1, conversationId })

  expect(sent).toEqual(add(PER_TURN, PER_CONTINUATION, PER_ROUND, PER_RESULT))
})

function times(count: number, costs: CommandCounts): CommandCounts {
  return Object.fromEntries(Object.entries(costs).map(([name, cost]) => [name, count * cost]))
}

/** Commands that cost nothing are not there. */
function add(...parts: readonly CommandCounts[]): CommandCounts {
  const sum: Record<string, number> = {}
  for (const [name, count] of parts.flatMap((part) => Object.entries(part))) {
    if (count > 0) sum[name] = (sum[name] ?? 0) + count
  }
  return sum
}
