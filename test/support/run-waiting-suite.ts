import { expect, it } from 'vitest'
import type { AgentEvent, ApprovalRequested } from '../../src/agent/agent-events.ts'
import { Secret } from '../../src/platform/secret.ts'
import { LOG_START } from '../../src/runs/log-place.ts'
import { eventOf } from '../../src/runs/run.ts'
import type { RunPen, RunStore } from '../../src/runs/run-store.ts'
import type { SharedRuns } from '../../src/runs/shared-runs.ts'
import { FINISHED, RUN_ID, STARTED } from './run-events.ts'

/** A run that has begun, and what replicas see of it; the same twice where there is only one process. */
export interface WaitingWorld {
  readonly conversationId: string
  readonly pen: RunPen
  readonly store: RunStore
  readonly other: RunStore
  readonly shared: SharedRuns
  /** Lets the time pass for which a run may wait. */
  elapse(): Promise<void>
  /** Asks the next question in the conversation. */
  claim(): Promise<unknown>
}

export const request = (...ids: string[]): ApprovalRequested => ({
  type: 'CUSTOM',
  name: 'approval_requested',
  value: {
    actions: ids.map((toolCallId) => ({
      ...{ toolCallId, name: 'open_ticket', server: 'tickets' },
      ...{ arguments: { title: toolCallId }, hash: `hash-${toolCallId}` }
    })),
    lapsesAt: '2026-11-27T10:00:00.000Z'
  }
})

const RUN = { id: RUN_ID, userId: 'jane', attempt: 1 }

type Open = () => Promise<WaitingWorld>

/** What holds for every run that waits for a person, wherever it is kept. */
export function testWaitingRuns(open: Open): void {
  testGoingOn(open)
  testReading(open)
  testDeciding(open)
  testEnding(open)
}

async function begin(open: Open, ...ids: string[]) {
  const world = await open()
  const { conversationId, pen, other } = world
  pen.append(STARTED)
  await pen.wait(request(...ids))
  const run = { ...RUN, conversationId }
  const decide = (
    decisions: Readonly<Record<string, 'approve' | 'reject'>>,
    store: RunStore = other
  ) =>
    store.decide(run, {
      decisions: Object.entries(decisions).map(([toolCallId, decision]) => ({
        ...{ toolCallId, decision },
        reason: decision === 'reject' ? 'No.' : undefined
      })),
      grant: new Secret('fresh')
    })
  return { ...world, decide }
}

function testGoingOn(open: Open): void {
  it('waits, is nobody’s, and keeps its conversation', async () => {
    const { store, shared, claim } = await begin(open, 'a')

    expect(await store.view(RUN_ID)).toMatchObject({
      state: 'waiting',
      endedAt: undefined,
      approvals: [{ toolCallId: 'a', arguments: { title: 'a' }, decision: undefined }]
    })
    expect(await shared.lapsed(10)).toEqual([])
    await expect(claim()).rejects.toMatchObject({ code: 'CONVERSATION_BUSY' })
  })

  it('goes on when all is decided, with the fresh grant and what was decided', async () => {
    const { conversationId, shared, store, decide } = await begin(open, 'a', 'b')
    expect(await decide({ a: 'approve' })).toMatchObject({ isComplete: false })
    expect(await shared.lapsed(10)).toEqual([])
    const { fresh, isComplete } = await decide({ b: 'reject' })

    expect(isComplete).toBe(true)
    expect(fresh).toMatchObject([
      { toolCallId: 'b', decision: 'reject', hash: 'hash-b', reason: 'No.' }
    ])
    expect((await store.view(RUN_ID))?.state).toBe('queued')
    expect(await shared.lapsed(10)).toEqual([conversationId])
    const run = await shared.takeOver(conversationId)
    expect(run).toMatchObject({ isCancelled: false, isLapsed: false, waits: 1 })
    expect(run?.pen.attempt).toBe(2)
    expect(run?.grant.reveal()).toBe('fresh')
    expect(run?.earlier.map((event) => ('name' in event ? event.name : event.type))).toEqual([
      ...['RUN_STARTED', 'approval_requested', 'approval_decided', 'approval_decided']
    ])
    expect(await shared.takeOver(conversationId)).toBeUndefined()
    await run?.pen.end(FINISHED)
    expect((await store.view(RUN_ID))?.approvals).toMatchObject([
      { decision: 'approve', reason: undefined },
      { decision: 'reject', reason: 'No.' }
    ])
  })
}

function testReading(open: Open): void {
  it('waits again, for other actions, and remembers what was decided before', async () => {
    const { conversationId, shared, decide, store } = await begin(open, 'a')
    await decide({ a: 'approve' })
    const second = await shared.takeOver(conversationId)
    await second?.pen.wait(request('b'))

    expect((await store.view(RUN_ID))?.state).toBe('waiting')
    expect(await shared.lapsed(10)).toEqual([])
    expect(await decide({ a: 'approve' })).toMatchObject({ fresh: [] })
    expect(await decide({ b: 'approve' })).toMatchObject({ isComplete: true })
    expect(await shared.takeOver(conversationId)).toMatchObject({ waits: 2 })
  })

  it('does not wait for what was decided before', async () => {
    const { conversationId, shared, decide, store } = await begin(open, 'a')
    await decide({ a: 'approve' })
    const second = await shared.takeOver(conversationId)
    await second?.pen.wait(request('a'))

    expect((await store.view(RUN_ID))?.state).not.toBe('waiting')
    expect(await shared.lapsed(10)).toEqual([conversationId])
    expect(await shared.takeOver(conversationId)).toMatchObject({ waits: 2, isLapsed: false })
  })

  it('tells its readers of the request, of the decisions and of what follows, on one connection', async () => {
    const { conversationId, other, shared, decide } = await begin(open, 'a')
    const reading = Array.fromAsync(other.read(RUN_ID, LOG_START, AbortSignal.timeout(10_000)))
    await decide({ a: 'approve' })
    const run = await shared.takeOver(conversationId)
    run?.pen.append({ type: 'CUSTOM', name: 'model', value: { name: 'scripted', isLab: false } })
    await run?.pen.end(FINISHED)
    const seen = await reading

    expect(seen.map(eventOf).map((event) => ('name' in event ? event.name : event.type))).toEqual([
      ...['RUN_STARTED', 'approval_requested', 'approval_decided', 'model', 'RUN_FINISHED']
    ])
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  })
}

function testDeciding(open: Open): void {
  it('decides each action once, and all of a request or none', async () => {
    const { store, decide } = await begin(open, 'a', 'b')
    await decide({ a: 'approve' })

    expect(await decide({ a: 'approve' }, store)).toEqual({ fresh: [], isComplete: false })
    await expect(decide({ b: 'approve', a: 'reject' }, store)).rejects.toMatchObject({
      code: 'APPROVAL_DECIDED',
      details: { toolCallId: 'a' }
    })
    await expect(decide({ b: 'approve', c: 'approve' })).rejects.toMatchObject({
      code: 'ACTION_NOT_FOUND'
    })
    expect((await store.view(RUN_ID))?.approvals[1]?.decision).toBeUndefined()
  })

  it('takes the first of many decisions at once', async () => {
    const { store, decide } = await begin(open, 'a')
    const outcomes = await Promise.allSettled([
      decide({ a: 'approve' }, store),
      decide({ a: 'reject' }),
      decide({ a: 'approve' }),
      decide({ a: 'reject' }, store)
    ])
    const view = await store.view(RUN_ID)
    const told = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value.fresh : []))

    expect(told).toHaveLength(1)
    expect(view?.approvals[0]?.decision).toBe(told[0]?.decision)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  })
}

function testEnding(open: Open): void {
  it('is over when nobody has decided in time, and takes no decision then', async () => {
    const { conversationId, shared, decide, elapse } = await begin(open, 'a')
    await elapse()

    await expect(decide({ a: 'approve' })).rejects.toMatchObject({ code: 'APPROVAL_LAPSED' })
    expect(await shared.lapsed(10)).toEqual([conversationId])
    expect(await shared.takeOver(conversationId)).toMatchObject({ isLapsed: true })
  })

  it('is stopped while it waits', async () => {
    const { conversationId, shared, store, decide, claim } = await begin(open, 'a')
    expect(await shared.requestCancel(RUN_ID)).toBe(true)
    expect(await shared.lapsed(10)).toEqual([conversationId])
    const run = await shared.takeOver(conversationId)

    expect(run).toMatchObject({ isCancelled: true, isLapsed: false })
    await run?.pen.end({ ...FINISHED, outcome: { type: 'cancelled' } } as AgentEvent)
    await expect(decide({ a: 'approve' })).rejects.toMatchObject({ code: 'APPROVAL_LAPSED' })
    expect(await shared.requestCancel(RUN_ID)).toBe(false)
    expect(await store.view(RUN_ID)).toMatchObject({ endedAt: expect.any(String) })
    await claim()
  })

  it('does not wait when it was stopped just before', async () => {
    const { conversationId, pen, shared } = await open()
    await shared.requestCancel(RUN_ID)
    await pen.wait(request('a'))

    expect(await shared.lapsed(10)).toEqual([conversationId])
    expect(await shared.takeOver(conversationId)).toMatchObject({ isCancelled: true })
  })
}
