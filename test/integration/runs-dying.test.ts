import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import type { RunApproval } from '../../src/runs/run.ts'
import type { RunOutcome } from '../../src/runs/run-outcome.ts'
import { isTerminal, outcomeOf } from '../../src/runs/run-store.ts'
import type { ToolSet } from '../../src/tool-server.ts'
import { readAsForeignClient } from '../support/ag-ui-client.ts'
import { caller, counted, toolSet } from '../support/agent-fixture.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { connectRedis } from '../support/redis-connection.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  type MortalReplica,
  type MortalReplicaOptions,
  openMortalReplica
} from './support/mortal-replica.ts'

/** Each has its replicas and a deployment of its own; whoever waits for a lease waits beside the others. */
const AT_A_TIME = 10
const PATIENCE_MS = 240_000
/** The run is kept after a few: what its asker was never told of may be lost. */
const MAX_UNTOLD_DEATHS = 8
const LOOK_AGAIN_MS = 50

const redis = await connectRedis()
const { client } = redis
const channels = createRedisChannels(await redis.connect())
let model: ScriptedModel

/** Two calls side by side, then an answer with both results. */
beforeAll(async () => {
  model = await startScriptedModel({
    respond: (request) => {
      const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
      return results.length > 0
        ? [say(['There are ', results.map(textOf).join(' and '), '.'])]
        : [
            say('Let me look.'),
            callTool('count', { model: 'a' }),
            callTool('count', { model: 'b' })
          ]
    }
  })
})
afterAll(async () => {
  await model.stop()
  channels.close()
  await redis.stop()
})

interface Kind {
  readonly readOnly: boolean
}

const READS: Kind = { readOnly: true }
/** Each of its calls waits for its asker. */
const ACTS: Kind = { readOnly: false }
const RESULTS = ['7', '7']
const RESPONSE = 'There are 7 and 7.'

function openPlace({ readOnly }: Kind) {
  const calls: unknown[] = []
  const call: ToolSet['call'] = async (_name, { model: asked }) => {
    calls.push(asked)
    return counted('7')
  }
  const tools = () => {
    const set = toolSet(call)
    return { ...set, tools: set.tools.map((tool) => ({ ...tool, readOnly })) }
  }
  const parts = { client, channels, deployment: randomUUID(), url: model.url, tools }
  const open = (change: Partial<MortalReplicaOptions> = {}) =>
    openMortalReplica({ ...parts, ...change })
  return { open, calls }
}

const OVER = new Set(['succeeded', 'stopped', 'failed', 'interrupted'])

/** Approves all that the run waits for, at the first replica that is alive. */
async function approve(replicas: readonly MortalReplica[], runId: string): Promise<void> {
  const living = replicas.at(-1) ?? expect.fail('nobody lives')
  for (;;) {
    const { state, approvals } = await living.runs.view(caller(), runId)
    if (OVER.has(state)) return
    if (state === 'waiting' && (await decideAtOne(replicas, runId, approvals))) return
    await sleep(LOOK_AGAIN_MS)
  }
}

async function decideAtOne(
  replicas: readonly MortalReplica[],
  runId: string,
  approvals: readonly RunApproval[]
): Promise<boolean> {
  const { signal } = new AbortController()
  const decisions = approvals.map(({ toolCallId }) => {
    return { toolCallId, decision: 'approve' as const, reason: undefined }
  })
  for (const { runs } of replicas) {
    const decided = runs.decide(caller(), runId, { decisions, signal, correlationId: 'c-1' })
    if (await decided.then(Boolean, () => false)) return true
  }
  return false
}

async function commandsOfOneRun(kind: Kind): Promise<number> {
  const only = openPlace(kind).open()
  const { runId } = await only.ask('How many?')
  if (!kind.readOnly) await approve([only], runId)
  expect(outcomeOf(await only.eventsOf(runId)).response).toBe(RESPONSE)
  only.close()
  return only.sent()
}

/** Each death once, some at a time. Answers what came of those whose run was told to its asker before. */
async function dieEverywhere(kind: Kind): Promise<{ deaths: number; states: string[] }> {
  const commands = await commandsOfOneRun(kind)
  const deaths = Array.from({ length: 2 * commands }, (_, place) => place)
  const waiting = deaths.values()
  const states: string[] = []
  const work = async () => {
    for (const place of waiting) {
      const death = { life: Math.floor(place / 2), isLastSent: place % 2 === 1 }
      const state = await dieAndGoOn(kind, death)
      if (state) states.push(state)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  const unknown = states.filter((state) => state === 'interrupted').length
  process.stdout.write(
    `${deaths.length} deaths, ${states.length} of runs that were told, ${unknown} interrupted\n`
  )
  return { deaths: deaths.length, states }
}

type Death = Required<Pick<MortalReplicaOptions, 'life' | 'isLastSent'>>

/** Undefined when the run had not been told to its asker. */
async function dieAndGoOn(kind: Kind, death: Death): Promise<string | undefined> {
  const { open, calls } = openPlace(kind)
  const dying = open(death)
  const begun = await dying.ask('How many?').catch(() => undefined)
  if (!begun) {
    dying.close()
    return undefined
  }
  const { runId, conversationId } = begun
  const next = open()
  if (!kind.readOnly) await approve([dying, next], runId)
  const events = await next.eventsOf(runId)
  const outcome = outcomeOf(events)

  expect(events.filter(({ type }) => isTerminal(type))).toHaveLength(1)
  expect((await readAsForeignClient(events)).failure).toBeUndefined()
  if (outcome.state === 'interrupted') checkUnknown(kind, death, outcome)
  else checkWhole(death, outcome)
  // What only reads may be called by both; nothing else is ever called twice.
  expect(calls.length).toBeLessThanOrEqual(kind.readOnly ? 4 : 2)
  if (!kind.readOnly) expect(new Set(calls).size).toBe(calls.length)
  const more = await next.ask('Thanks?', conversationId)
  if (!kind.readOnly) await approve([next], more.runId)
  expect(outcomeOf(await next.eventsOf(more.runId)).state).toBe('succeeded')
  for (const replica of [dying, next]) replica.close()
  return outcome.state
}

function checkWhole(death: Death, { state, response, error, steps }: RunOutcome): void {
  const results = steps.map(({ result }) => result)
  expect({ ...death, state, response, error, results }).toEqual({
    ...{ ...death, state: 'succeeded', error: undefined },
    ...{ response: RESPONSE, results: RESULTS }
  })
}

/** Whether an action was carried out whose replica died during it, nobody can know. */
function checkUnknown({ readOnly }: Kind, death: Death, { error }: RunOutcome): void {
  expect({ ...death, readOnly, error }).toMatchObject({
    ...{ ...death, readOnly: false },
    error: {
      code: 'RUN_INTERRUPTED',
      message: expect.stringContaining('Whether it was carried out is not known')
    }
  })
}

it(
  '[T21] a run comes to one whole answer, between whichever two commands its replica dies',
  async () => {
    const { deaths, states } = await dieEverywhere(READS)
    expect(states.length).toBeGreaterThanOrEqual(deaths - MAX_UNTOLD_DEATHS)
    expect(new Set(states)).toEqual(new Set(['succeeded']))
  },
  PATIENCE_MS
)

it(
  '[T21] what was approved is carried out once at most, between whichever two commands its replica dies',
  async () => {
    const { deaths, states } = await dieEverywhere(ACTS)
    expect(states.length).toBeGreaterThanOrEqual(deaths - MAX_UNTOLD_DEATHS)
    const unknown = states.filter((state) => state === 'interrupted')
    expect(unknown.length).toBeGreaterThan(0)
    expect(unknown.length).toBeLessThan(deaths / 4)
  },
  PATIENCE_MS
)
