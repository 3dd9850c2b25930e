import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import {
  callTool,
  type ModelRequest,
  type ModelStep,
  pause,
  say,
  sinceLastQuestion,
  textOf
} from '../support/model-steps.ts'
import { approveAll } from './support/approvals.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { foldRun, followRun, type ReadRun, startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const RUNS = 50
/** Of them, those that call a tool with effects. */
const EVERY_WITH_EFFECTS = 5
const TOKENS = Array.from({ length: 200 }, (_, place) => `t${place} `)
const TOKEN_MS = 20
const STAGGER_MS = 60
const FROZEN_MS = 20_000
const READ_AGAIN_MS = 500
const PATIENCE_MS = 120_000

let replicas: Replicas
let tools: FaultMcpServer
let survivor: LabSidecar
let doomed: {
  readonly killed: LabSidecar
  readonly frozen: LabSidecar
  readonly drained: LabSidecar
}

beforeAll(async () => {
  tools = await startFaultMcpServer({ tools: [{ ...ECHO, name: 'open_ticket' }] })
  replicas = await startReplicas({
    env: {
      AI_OPS_MCP_SERVERS: JSON.stringify([{ name: 'tickets', url: tools.url }]),
      AI_OPS_MAX_RUNS_PER_USER: '100',
      AI_OPS_DRAIN_SECONDS: '1'
    }
  })
  replicas.model.answer(answer)
  const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map(() => replicas.start()))
  survivor = a as LabSidecar
  doomed = { killed: b as LabSidecar, frozen: c as LabSidecar, drained: d as LabSidecar }
})
afterAll(async () => {
  await replicas.stop()
  await tools.stop()
})

/** Calls one tool, under a name that nobody used before, then says something that nobody said before. */
async function answer(request: ModelRequest, index: number): Promise<readonly ModelStep[]> {
  const question = textOf(
    request.body.messages.findLast(({ role }) => role === 'user') ?? { role: 'user', content: '' }
  )
  const [, run = ''] = /run-(\d+)/.exec(question) ?? []
  if (sinceLastQuestion(request).some(({ role }) => role === 'tool')) {
    return [say(`answer-${index} `), say(TOKENS, TOKEN_MS)]
  }
  const mark = `mark-${run}-${index}`
  const offered = request.body.tools?.map((tool) => tool.function.name) ?? []
  const ticket = offered.find((name) => name.includes('open_ticket')) ?? ''
  const call = hasEffects(Number(run))
    ? callTool(ticket, { text: mark })
    : callTool('count', { model: 'dcim.device', filters: { name: [mark] } })
  return [pause(100), call]
}

const hasEffects = (run: number) => run % EVERY_WITH_EFFECTS === 0

interface Outcome {
  readonly run: number
  readonly runId: string
  readonly stayed: ReadRun
  readonly moved: ReadRun['events']
}

const ask = (run: number, at: LabSidecar) =>
  startRun(at.url, { headers: replicas.headers, body: { message: `Look after run-${run}` } })

/** One reader stays at the survivor, the other comes back there when its own is gone. */
async function readOn(run: number, begun: Awaited<ReturnType<typeof ask>>): Promise<Outcome> {
  const { headers } = replicas
  const { runId } = begun
  const [first, stayed] = await Promise.all([
    begun.rest(),
    followRun(survivor.url, runId, { headers }),
    ...(hasEffects(run) ? [approveAll(survivor.url, runId, headers)] : [])
  ])
  const events = [...first.events]
  while (!isOver(events)) {
    await sleep(READ_AGAIN_MS)
    const lastEventId = events.at(-1)?.id
    const more = await followRun(survivor.url, runId, {
      headers,
      ...(lastEventId !== undefined && { lastEventId })
    })
    events.push(...more.events)
  }
  return { run, runId, stayed, moved: events }
}

function isOver(events: ReadRun['events']): boolean {
  const type = events.at(-1)?.event.type
  return type === 'RUN_FINISHED' || type === 'RUN_ERROR'
}

/** Names of the calls whose results readers were shown, and in which attempt first. */
function finishedCalls({ stayed }: Outcome): { readonly mark: string; readonly attempt: number }[] {
  const shownIn = new Map(
    stayed.events
      .flatMap(({ id, event }) =>
        event.type === 'TOOL_CALL_RESULT'
          ? [[event.toolCallId, Number.parseInt(id, 10)] as const]
          : []
      )
      .toReversed()
  )
  return stayed.events.flatMap(({ event }) => {
    const attempt = event.type === 'TOOL_CALL_ARGS' && shownIn.get(event.toolCallId)
    if (event.type !== 'TOOL_CALL_ARGS' || !attempt) return []
    const mark = /mark-\d+-\d+/.exec(event.delta)?.[0]
    return mark === undefined ? [] : [{ mark, attempt }]
  })
}

/** How often a call was carried out, seen at those who carry it out. */
function carriedOut(mark: string): number {
  const counted = replicas.nautobot.requests.filter(({ path }) => path.endsWith(`=${mark}`))
  const opened = tools
    .asked('tools/call')
    .filter(({ params }) => JSON.stringify(params.arguments).includes(`"${mark}"`))
  return counted.length + opened.length
}

it(
  '[T21] fifty runs through a kill, a freeze and a drain: each ends once, and all agree',
  async () => {
    const { killed, frozen, drained } = doomed
    const places = [killed, frozen, drained, survivor]
    const reading: Promise<Outcome>[] = []
    const begin = async (run: number) => {
      await sleep(run * STAGGER_MS)
      const begun = await ask(run, places[run % places.length] as LabSidecar)
      reading.push(readOn(run, begun))
    }
    // Every one is acknowledged before anything happens.
    await Promise.all(Array.from({ length: RUNS }, (_, run) => begin(run)))
    killed.signal('SIGKILL')
    frozen.signal('SIGSTOP')
    const ending = drained.stop()
    const woken = sleep(FROZEN_MS).then(() => frozen.signal('SIGCONT'))
    const outcomes = await Promise.all(reading)
    await Promise.all([ending, woken])

    for (const outcome of outcomes) {
      const { run, runId, stayed, moved } = outcome
      const ends = stayed.events.filter(({ event }) => /^RUN_(FINISHED|ERROR)$/.test(event.type))
      expect(ends, `run ${run} ends once`).toHaveLength(1)
      const seen = foldRun(stayed.events)
      const why = `run ${run}: ${JSON.stringify(seen.error)}`
      expect(seen.state, why).toMatch(hasEffects(run) ? /succeeded|interrupted/ : /succeeded/)
      const other = foldRun(moved)
      expect([other.state, other.response, other.error]).toEqual([
        seen.state,
        seen.response,
        seen.error
      ])
      for (const { url } of [survivor, frozen]) {
        const view = await fetch(`${url}/api/v1/runs/${runId}`, { headers: replicas.headers })
        expect(await view.json()).toMatchObject({ state: seen.state, response: seen.response })
      }
      for (const { mark, attempt } of finishedCalls(outcome)) {
        // What only reads and was under way when its replica died is asked again, by the next attempt.
        expect(carriedOut(mark), mark).toBeLessThanOrEqual(hasEffects(run) ? 1 : attempt)
      }
    }
    const taken = outcomes.filter(({ stayed }) =>
      stayed.events.some(({ event }) => event.type === 'MESSAGES_SNAPSHOT')
    )
    // Not a test of nothing: many were in the middle.
    expect(taken.length).toBeGreaterThan(RUNS / 4)
    const effects = tools.asked('tools/call').map(({ params }) => JSON.stringify(params.arguments))
    expect(new Set(effects).size).toBe(effects.length)
  },
  PATIENCE_MS
)
