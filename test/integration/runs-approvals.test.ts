import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { approveAll, type Decision, decide, seeRun, whenRun } from './support/approvals.ts'
import { auditOf } from './support/audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { foldRun, followRun, startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

let replicas: Replicas
let tools: FaultMcpServer
let one: LabSidecar
let other: LabSidecar

beforeAll(async () => {
  tools = await startFaultMcpServer({
    tools: ['open_ticket', 'reboot', 'look_up'].map((name) => ({ ...ECHO, name }))
  })
  const server = { name: 'tickets', url: tools.url, readOnlyTools: ['look_*'] }
  replicas = await startReplicas({ env: { AI_OPS_MCP_SERVERS: JSON.stringify([server]) } })
  ;[one, other] = await Promise.all([replicas.start(), replicas.start()])
})
afterAll(async () => {
  await replicas.stop()
  await tools.stop()
})

/** Reads once and acts twice, then says what came of it. */
beforeEach(() => {
  tools.misbehave(() => undefined)
  replicas.model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0) return [say(results.map(textOf).join(' | '))]
    return [
      say('Let me do that.'),
      callTool('tickets_open_ticket', { text: 'ticket' }),
      callTool('tickets_look_up', { text: 'look' }),
      callTool('tickets_reboot', { text: 'reboot' })
    ]
  })
})

const ask = (url = one.url, body = {}) =>
  startRun(url, { headers: replicas.headers, body: { message: 'Do it', ...body } })
const waiting = (url: string, runId: string) =>
  whenRun(url, runId, { headers: replicas.headers, states: ['waiting'] })
const ended = (url: string, runId: string) =>
  whenRun(url, runId, {
    headers: replicas.headers,
    states: ['succeeded', 'stopped', 'failed', 'interrupted']
  })
const send = (url: string, runId: string, decisions: readonly Decision[]) =>
  decide(url, runId, { headers: replicas.headers, decisions })
const called = () => tools.asked('tools/call').map(({ params }) => params.name)

/** One approved, one rejected, in the order in which they were asked for. */
function mixed(run: Awaited<ReturnType<typeof waiting>>): Decision[] {
  const [first, second] = run.approvals
  return [
    { toolCallId: first?.toolCallId ?? '', decision: 'approve' },
    { toolCallId: second?.toolCallId ?? '', decision: 'reject', reason: 'Not at night.' }
  ]
}

it('[T26] asked on one replica and decided on another: one runs, one does not, both are recorded', async () => {
  const before = called().length
  const run = await ask()
  const asker = run.rest()
  const seen = await waiting(other.url, run.runId)

  expect(seen.approvals).toMatchObject([
    { name: 'tickets_open_ticket', server: 'tickets', arguments: { text: 'ticket' } },
    { name: 'tickets_reboot', server: 'tickets', arguments: { text: 'reboot' } }
  ])
  expect(called().slice(before)).toEqual(['look_up'])
  const hours = (Date.parse(seen.approvals[0]?.lapsesAt ?? '') - Date.now()) / 3_600_000
  expect(hours).toBeCloseTo(24, 1)
  const { status } = await send(other.url, run.runId, mixed(seen))

  expect(status).toBe(200)
  const end = await ended(one.url, run.runId)
  expect(end).toMatchObject({ state: 'succeeded' })
  expect(called().slice(before)).toEqual(['look_up', 'open_ticket'])
  expect(end.approvals).toMatchObject([
    { decision: 'approve' },
    { decision: 'reject', reason: 'Not at night.' }
  ])
  expect(end.steps.map(({ result }) => result)).toEqual([
    expect.stringContaining('ticket'),
    expect.stringContaining('look'),
    expect.stringMatching(/rejected this call\. Their reason: Not at night\./)
  ])
  // The asker's stream on the first replica, and one that begins now, tell the same; the decisions are in the log.
  const [stayed, later] = await Promise.all([
    asker,
    followRun(other.url, run.runId, { headers: replicas.headers })
  ])
  expect(stayed.events).toEqual(later.events)
  expect(stayed.end?.type).toBe('RUN_FINISHED')
  expect(foldRun(stayed.events).approvals).toMatchObject(end.approvals)
  const names = stayed.events.flatMap(({ event }) => (event.type === 'CUSTOM' ? [event.name] : []))
  expect(names).toEqual(expect.arrayContaining(['approval_requested', 'approval_decided']))
  const audited = auditOf(other).filter(({ event }) => event === 'approval.decided')
  expect(audited.map(({ tool, outcome }) => [tool, outcome])).toEqual([
    ['tickets_open_ticket', 'approve'],
    ['tickets_reboot', 'reject']
  ])
  expect(JSON.stringify(audited)).not.toMatch(/Not at night|"ticket"/)
})

it('holds no lease and no place, and its conversation is busy with it', async () => {
  const cramped = await replicas.start({ AI_OPS_MAX_RUNS: '1', AI_OPS_MAX_RUNS_PER_USER: '1' })
  const run = await ask(cramped.url)
  void run.rest()
  await waiting(cramped.url, run.runId)

  const [score] = [await replicas.command('ZSCORE', 'ai-ops:default:leases', run.conversationId)]
  expect(Number(score) - Date.now()).toBeGreaterThan(23 * 3_600_000)
  const busy = await fetch(`${other.url}/api/v1/chat`, {
    method: 'POST',
    headers: { ...replicas.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'And?', conversationId: run.conversationId })
  })
  expect(await busy.json()).toMatchObject({
    error: { code: 'CONVERSATION_BUSY', details: { runId: run.runId } }
  })
  // The only place there is free.
  const next = await ask(cramped.url)
  void next.rest()
  expect((await waiting(cramped.url, next.runId)).state).toBe('waiting')
  await cramped.stop()
})

it('waits through the death of its replica, and is decided on another', async () => {
  const dying = await replicas.start()
  const run = await ask(dying.url)
  void run.rest()
  const seen = await waiting(dying.url, run.runId)
  const before = called().length
  dying.signal('SIGKILL')
  await dying.exited
  await sleep(3_000)
  expect((await seeRun(one.url, run.runId, replicas.headers)).state).toBe('waiting')
  await send(one.url, run.runId, mixed(seen))

  expect(await ended(other.url, run.runId)).toMatchObject({ state: 'succeeded' })
  expect(called().slice(before)).toEqual(['open_ticket'])
})

it('waits for the rest when only one action is decided, and takes no other decision on it', async () => {
  const run = await ask()
  void run.rest()
  const seen = await waiting(one.url, run.runId)
  const [first, second] = mixed(seen)
  const before = called().length
  const half = await send(other.url, run.runId, first ? [first] : [])

  expect(half.body).toMatchObject({ state: 'waiting', approvals: [{ decision: 'approve' }, {}] })
  expect((await send(one.url, run.runId, first ? [first] : [])).status).toBe(200)
  const otherwise = first ? [{ ...first, decision: 'reject' as const }] : []
  const refused = await send(one.url, run.runId, [...otherwise, ...(second ? [second] : [])])
  expect(refused).toMatchObject({ status: 409, body: { error: { code: 'APPROVAL_DECIDED' } } })
  // All or none: the second one is still undecided.
  expect((await seeRun(one.url, run.runId, replicas.headers)).state).toBe('waiting')
  expect(called().slice(before)).toEqual([])
  await send(one.url, run.runId, second ? [second] : [])
  await ended(one.url, run.runId)

  expect(called().slice(before)).toEqual(['open_ticket'])
  const again = await send(one.url, run.runId, mixed(seen))
  expect(again).toMatchObject({ status: 200, body: { state: 'succeeded' } })
})

it('runs an action once however many decide at once, on whatever replica', async () => {
  const run = await ask()
  void run.rest()
  const seen = await waiting(one.url, run.runId)
  const before = called().length
  const approve = seen.approvals.map(({ toolCallId }) => ({
    toolCallId,
    decision: 'approve' as const
  }))
  const answers = await Promise.all(
    [one, other, one, other].map(({ url }) => send(url, run.runId, approve))
  )

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await ended(one.url, run.runId)).toMatchObject({ state: 'succeeded' })
  expect(called().slice(before).sort()).toEqual(['open_ticket', 'reboot'])
})

it("does not find somebody else's run, nor an action that it does not wait for", async () => {
  const run = await ask()
  void run.rest()
  const seen = await waiting(one.url, run.runId)
  for (const { url } of [one, other]) {
    const foreign = await decide(url, run.runId, {
      headers: replicas.otherHeaders,
      decisions: mixed(seen)
    })
    expect(foreign).toMatchObject({ status: 404, body: { error: { code: 'RUN_NOT_FOUND' } } })
    const unknown = await send(url, run.runId, [{ toolCallId: 'other', decision: 'approve' }])
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'ACTION_NOT_FOUND' } } })
  }
  expect((await seeRun(one.url, run.runId, replicas.headers)).state).toBe('waiting')
})

it('is stopped from any replica while it waits, carries nothing out, and frees its conversation', async () => {
  const run = await ask()
  const asker = run.rest()
  const seen = await waiting(one.url, run.runId)
  const before = called().length
  const stopped = await fetch(`${other.url}/api/v1/runs/${run.runId}/cancel`, {
    method: 'POST',
    headers: replicas.headers
  })

  expect(await stopped.json()).toMatchObject({ state: 'stopped' })
  expect((await asker).end).toMatchObject({ outcome: { type: 'cancelled' } })
  const late = await send(one.url, run.runId, mixed(seen))
  expect(late).toMatchObject({ status: 409, body: { error: { code: 'APPROVAL_LAPSED' } } })
  expect(called().slice(before)).toEqual([])
  const next = await ask(one.url, { conversationId: run.conversationId })
  void next.rest()
  expect(await approveAll(one.url, next.runId, replicas.headers)).toMatchObject({
    state: 'succeeded'
  })
})

it('ends when nobody has decided in time, by its name, on whatever replica', async () => {
  const run = await ask()
  const asker = run.rest()
  const seen = await waiting(one.url, run.runId)
  const before = called().length
  await elapse(run)
  const late = await send(other.url, run.runId, mixed(seen))
  const end = await ended(one.url, run.runId)

  expect(late).toMatchObject({ status: 409, body: { error: { code: 'APPROVAL_LAPSED' } } })
  expect(end).toMatchObject({ state: 'failed', error: { code: 'APPROVAL_LAPSED' } })
  expect((await asker).end).toMatchObject({ type: 'RUN_ERROR', code: 'APPROVAL_LAPSED' })
  expect(called().slice(before)).toEqual([])
  const next = await ask(one.url, { conversationId: run.conversationId })
  void next.rest()
  expect((await waiting(one.url, next.runId)).approvals).toHaveLength(2)
})

it('lives until it lapses: everything that a waiting run needs is kept for longer', async () => {
  const run = await ask()
  void run.rest()
  await waiting(one.url, run.runId)
  const kept = ['run', 'log'].map((kind) => `ai-ops:default:${kind}:${run.runId}`)
  const conversation = ['conversation', 'checkpoints', 'contents', 'writes', 'runs']
  const keys = [
    ...kept,
    ...conversation.map((kind) => `ai-ops:default:${kind}:${run.conversationId}`)
  ]
  for (const key of [...keys, 'ai-ops:default:leases', 'ai-ops:default:conversations']) {
    expect(Number(await replicas.command('TTL', key)), key).toBeGreaterThan(24 * 3_600)
  }
})

it('says in the answer of a request without a stream what it waits for', async () => {
  const answer = await fetch(`${one.url}/api/v1/chat`, {
    method: 'POST',
    headers: { ...replicas.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Do it' })
  })
  const body = await answer.json()

  expect(answer.status).toBe(200)
  expect(body).toMatchObject({
    state: 'waiting',
    response: 'Let me do that.',
    approvals: [{ name: 'tickets_open_ticket' }, { name: 'tickets_reboot' }]
  })
  expect(await approveAll(other.url, body.runId, replicas.headers)).toMatchObject({
    state: 'succeeded'
  })
})

/** A day passes for one run: Redis' clock, which counts, cannot be moved. */
async function elapse({ runId, conversationId }: Awaited<ReturnType<typeof ask>>): Promise<void> {
  const past = String(Date.now() - 1_000)
  await replicas.command('HSET', `ai-ops:default:run:${runId}`, 'waiting', past)
  await replicas.command('ZADD', 'ai-ops:default:leases', past, conversationId)
}
