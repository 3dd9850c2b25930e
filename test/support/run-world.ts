import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { readEarlier, resumeEvents } from '../../src/agent/earlier-attempts.ts'
import { AppError } from '../../src/errors.ts'
import type { RedisChannels } from '../../src/platform/redis-channels.ts'
import { withEnds } from '../../src/runs/log-ends.ts'
import { LOG_START, parseLogId } from '../../src/runs/log-place.ts'
import { withStart } from '../../src/runs/log-start.ts'
import { runChannel } from '../../src/runs/redis-run-reader.ts'
import { eventOf, type LoggedEvent } from '../../src/runs/run.ts'
import { isTerminal, outcomeOf, type RunPen } from '../../src/runs/run-store.ts'
import { readAsForeignClient } from './ag-ui-client.ts'
import {
  CONVERSATION_ID,
  calling,
  FINISHED,
  MODEL,
  QUESTION,
  RUN_ID,
  returning,
  STARTED,
  saying
} from './run-events.ts'
import {
  checkOrder,
  checkTimesToLive,
  guarded,
  openRunReplica,
  type RunReplica
} from './run-replica.ts'

/** Claims lapse at once: anybody may be taken for dead at any time. */
const CLAIM_MS = 1
const READ_TIMEOUT_MS = 10_000

/** What happens next. Owners and readers are picked among those there are. */
export type RunStep =
  | { kind: 'write'; owner: number; events: number }
  | { kind: 'end' | 'leave' | 'take'; owner: number }
  | { kind: 'kill'; owner: number; commands: number; isSent: boolean }
  | { kind: 'read'; owner: number; isNew: boolean; reader: number }
  | { kind: 'hang up'; reader: number }
  | { kind: 'wait' }

/** A replica, alive until it is killed, and the attempt it is at. */
interface Owner extends RunReplica {
  /** Commands it may still send; beyond that it is dead. */
  life: { commands: number; isSent: boolean }
  pen: RunPen | undefined
  script: AgentEvent[]
}

/** Somebody who reads over one connection after another. */
interface Reader {
  readonly seen: LoggedEvent[]
  connections: number
  /** Of the connection there is. */
  hangUp: AbortController
  reading: Promise<void>
  owner: Owner
}

export interface RunWorldOptions {
  readonly client: Redis
  readonly channels: RedisChannels
  readonly owners: number
  readonly maxLogEvents: number
}

/** One run, several replicas that answer it in turn or at once, and readers that come and go. */
export async function createRunWorld(options: RunWorldOptions) {
  const { client, channels, maxLogEvents } = options
  const parts = { client, channels, maxLogEvents, deployment: undefined as string | undefined }
  const first = createOwner(parts)
  parts.deployment = first.deployment
  const owners = [first]
  while (owners.length < options.owners) owners.push(createOwner(parts))
  const { conversationId, pen } = await first.begin()
  first.pen = pen
  first.script = scriptOf(1, [STARTED])
  const readers: Reader[] = []
  return {
    ...{ client, owners, readers, conversationId, deployment: first.deployment },
    addOwner: () => createOwner(parts)
  }
}

export type RunWorld = Awaited<ReturnType<typeof createRunWorld>>

function createOwner({
  client,
  channels,
  maxLogEvents,
  deployment
}: Omit<RunWorldOptions, 'owners'> & { readonly deployment: string | undefined }): Owner {
  const life = { commands: Number.POSITIVE_INFINITY, isSent: false }
  const mortal = guarded(client, async (send) => {
    life.commands -= 1
    if (life.commands >= 0) return send()
    if (life.commands === -1 && life.isSent) await send()
    throw new Error('Connection is closed.')
  })
  const replica = openRunReplica({
    ...{ client: mortal, channels, maxLogEvents, claimMs: CLAIM_MS, leaseMs: 0 },
    ...(deployment && { deployment })
  })
  return { ...replica, life, pen: undefined, script: [] }
}

/** What an attempt says, after what its readers need first. */
function scriptOf(attempt: number, begin: readonly AgentEvent[]): AgentEvent[] {
  const id = (name: string) => `${name}-${attempt}`
  return [
    ...begin,
    MODEL,
    ...saying(id('m1'), 'Let me', ' look.'),
    ...calling(id('c1'), id('m1')),
    ...calling(id('c2'), id('m1')),
    ...returning(id('c2'), `two of ${attempt}`),
    ...returning(id('c1'), `one of ${attempt}`, true),
    ...saying(id('m2'), `Attempt ${attempt}`, ' says', ' this.')
  ]
}

export async function takeStep(world: RunWorld, step: RunStep): Promise<void> {
  if (step.kind === 'wait') return sleep(2)
  if (step.kind === 'hang up') return hangUp(world.readers[step.reader % world.readers.length])
  const owner = await pick(world, step)
  switch (step.kind) {
    case 'write':
      for (const event of owner.script.splice(0, step.events)) owner.pen?.append(event)
      return
    case 'end':
      return end(owner)
    case 'leave':
      return leave(world, owner)
    case 'take':
      return take(world, owner)
    case 'kill':
      Object.assign(owner.life, { commands: step.commands, isSent: step.isSent })
      return
    case 'read':
      return read(world, owner, step)
  }
}

/** Who writes has, or had, the run. Whoever is found dead has been replaced. */
async function pick(world: RunWorld, step: RunStep & { owner: number }): Promise<Owner> {
  const { owners, readers } = world
  for (const [place, { life }] of owners.entries()) {
    if (life.commands < 0) owners[place] = world.addOwner()
  }
  for (const reader of readers) if (!owners.includes(reader.owner)) await hangUp(reader)
  const writing = owners.filter(({ pen }) => pen)
  const among = step.kind === 'write' || step.kind === 'end' ? writing : owners
  return (among[step.owner % among.length] ?? owners[0]) as Owner
}

async function end(owner: Owner): Promise<void> {
  for (const event of owner.script.splice(0)) owner.pen?.append(event)
  await owner.pen?.end(FINISHED).catch(unlessLost)
}

async function leave({ conversationId: id }: RunWorld, owner: Owner): Promise<void> {
  const { registry, pen } = owner
  const fence = registry.fenceOf(id, RUN_ID)
  await pen?.leave()
  owner.pen = undefined
  if (fence) await registry.handOver({ id, runId: RUN_ID, fence }).catch(unlessLost)
}

/** As every replica does that finds a run which nobody seems to answer. */
async function take({ conversationId }: RunWorld, owner: Owner): Promise<void> {
  // Its heart, which does not beat here, would have told it.
  const fence = owner.registry.fenceOf(conversationId, RUN_ID)
  if (fence && owner.pen?.lost.aborted) {
    owner.registry.forget({ id: conversationId, runId: RUN_ID, fence })
  }
  const found = await owner.registry.lapsed(1).catch(unlessLost)
  if (found?.length === 0) return
  const run = await owner.shared.takeOver(conversationId).catch(unlessLost)
  if (!run) return
  // What an earlier attempt was still about to do here is over: one replica is at one attempt.
  await owner.pen?.leave()
  owner.pen = run.pen
  owner.script = scriptOf(run.pen.attempt, resumeEvents(readEarlier(run.earlier), [QUESTION]))
}

function unlessLost(error: unknown): undefined {
  const { code } = AppError.from(error)
  expect(code).toMatch(/^(REDIS_UNAVAILABLE|CONVERSATION_TAKEN_OVER)$/)
}

async function hangUp(reader: Reader | undefined): Promise<void> {
  reader?.hangUp.abort()
  await reader?.reading
}

/** A new reader, or one that comes back, to this replica. */
async function read(
  { readers }: RunWorld,
  owner: Owner,
  { isNew, reader: place }: { readonly isNew: boolean; readonly reader: number }
): Promise<void> {
  const known = readers[place % readers.length]
  if (known && !isNew) {
    await hangUp(known)
    return connect(known, owner)
  }
  const reader = {
    seen: [],
    connections: 0,
    hangUp: new AbortController(),
    reading: Promise.resolve(),
    owner
  }
  readers.push(reader)
  connect(reader, owner)
}

function connect(reader: Reader, owner: Owner): void {
  reader.owner = owner
  reader.hangUp = new AbortController()
  const { signal } = reader.hangUp
  const last = reader.seen.at(-1)
  if (isTerminal(last?.type)) return
  reader.connections += 1
  const after = (last && parseLogId(last.id)) ?? LOG_START
  const source = owner.store.read(RUN_ID, after, AbortSignal.any([signal, deadline()]))
  reader.reading = (async () => {
    for await (const logged of source) reader.seen.push(logged)
  })().catch(unlessLost)
}

const deadline = () => AbortSignal.timeout(READ_TIMEOUT_MS)

/** A replica that lives brings the run to its end, and everybody reads on there or is told that theirs is gone. */
export async function finishRun(world: RunWorld): Promise<void> {
  const { owners, client, deployment, conversationId } = world
  // Whoever is dead or was only frozen has heard by now that the run is not theirs.
  for (const owner of owners) await owner.pen?.leave()
  const healthy = world.addOwner()
  await sleep(CLAIM_MS + 1)
  await take(world, healthy)
  await end(healthy)
  // A word that was lost costs a second; this is about what is read, not when.
  await client.publish(runChannel(deployment, RUN_ID), 'end')
  for (const reader of world.readers) {
    if (reader.owner.life.commands < 0) await hangUp(reader)
    else await reader.reading
    connect(reader, healthy)
    await reader.reading
  }
  expect(await healthy.registry.claim('jane', conversationId, 'run-2', 'And?')).toBe(conversationId)
}

/** All that holds once a run has ended, whatever happened to it. */
export async function checkRun(world: RunWorld): Promise<void> {
  const { readers, client, deployment } = world
  const view = await world.addOwner().store.view(RUN_ID)
  const byId = new Map<string, string>()
  expect(view?.state).toBe('succeeded')
  for (const { seen, connections } of readers) {
    checkOrder(seen)
    const events = seen.map(eventOf)
    expect(events.filter(({ type }) => isTerminal(type))).toEqual([FINISHED])
    expect(view).toMatchObject({ ...outcomeOf(events) })
    for (const { id, json } of seen) {
      expect(json).toBe(byId.get(id) ?? json)
      byId.set(id, json)
    }
    if (connections === 1) expect(await complaintOf(seen)).toBeUndefined()
  }
  await checkTimesToLive(client, deployment)
}

/** What a foreign AG-UI client has against all that one connection told. */
async function complaintOf(seen: readonly LoggedEvent[]): Promise<unknown> {
  async function* all() {
    yield* seen
  }
  const told = await Array.fromAsync(
    withEnds(withStart({ id: RUN_ID, conversationId: CONVERSATION_ID }, all()))
  )
  return (await readAsForeignClient(told.map(eventOf))).failure
}
