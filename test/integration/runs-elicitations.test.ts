import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunElicitation } from '../../src/runs/run.ts'
import { type AskingServer, createAskingServer } from '../support/asking-server.ts'
import { type ModernPeer, startModernPeer } from '../support/mcp-peers.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { type SeenRun, seeRun, whenRun } from './support/approvals.ts'
import { auditOf } from './support/audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { followRun, startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const CONTACT = 'canary-contact@example.com'
const VALUES = { site: 'AMS01', racks: 3, contact: CONTACT }
const ENDED = ['succeeded', 'stopped', 'failed', 'interrupted']

let asking: AskingServer
let peer: ModernPeer
let replicas: Replicas
let one: LabSidecar
let other: LabSidecar
/** Gives a run five seconds. */
let hasty: LabSidecar

beforeAll(async () => {
  asking = createAskingServer()
  peer = await startModernPeer(asking.create)
  const server = { name: 'windows', url: peer.url, readOnlyTools: ['*'] }
  replicas = await startReplicas({ env: { AI_OPS_MCP_SERVERS: JSON.stringify([server]) } })
  ;[one, other, hasty] = await Promise.all([
    replicas.start(),
    replicas.start(),
    replicas.start({ AI_OPS_RUN_TIMEOUT_SECONDS: '5' })
  ])
})
afterAll(async () => {
  await replicas.stop()
  await peer.stop()
})

beforeEach(() => {
  replicas.model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0) return [say(results.map(textOf).join(' | '))]
    return [callTool('windows_plan_window', { name: 'patching' })]
  })
})

const ask = (body = {}, headers = replicas.headers) =>
  startRun(one.url, { headers, body: { message: 'Plan it', canAnswer: true, ...body } })

type Asked = SeenRun & { readonly elicitations: readonly RunElicitation[] }
const see = async (url: string, runId: string, headers = replicas.headers) =>
  (await seeRun(url, runId, headers)) as Asked

async function form(
  url: string,
  runId: string,
  headers = replicas.headers
): Promise<RunElicitation> {
  await expect
    .poll(async () => (await see(url, runId, headers)).elicitations, { timeout: 10_000 })
    .toHaveLength(1)
  return (await see(url, runId, headers)).elicitations[0] as RunElicitation
}

const ended = (url: string, runId: string, headers = replicas.headers) =>
  whenRun(url, runId, { headers, states: ENDED })

async function answer(
  url: string,
  path: { readonly runId: string; readonly elicitationId: string },
  body: object,
  headers = replicas.headers
) {
  const response = await fetch(
    `${url}/api/v1/runs/${path.runId}/elicitations/${path.elicitationId}`,
    {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    }
  )
  const text = await response.text()
  return { status: response.status, error: text ? JSON.parse(text).error : undefined }
}

it('asked on one replica and answered on another, once, by its owner alone; the values are kept nowhere', async () => {
  const { runId, rest } = await ask()
  const reading = rest()
  const { elicitationId, server, tool, message, fields, lapsesAt } = await form(other.url, runId)
  const path = { runId, elicitationId }
  expect([server, tool, message]).toEqual([
    'windows',
    'plan_window',
    'When is the maintenance window?'
  ])
  expect(fields.map(({ kind }) => kind)).toEqual([
    ...['choice', 'text', 'number', 'text', 'boolean', 'choices']
  ])
  expect((Date.parse(lapsesAt) - Date.now()) / 60_000).toBeGreaterThan(1)

  const accept = { action: 'accept', content: VALUES }
  const foreign = await answer(other.url, path, accept, replicas.otherHeaders)
  expect(foreign).toMatchObject({ status: 404, error: { code: 'RUN_NOT_FOUND' } })
  const wrong = await answer(other.url, path, { action: 'accept', content: { racks: 41 } })
  expect(wrong).toMatchObject({ status: 400, error: { code: 'INVALID_REQUEST' } })
  expect(wrong.error.details.fields).toEqual([
    { path: 'content.site', message: 'is required' },
    { path: 'content.racks', message: 'is more than 40' }
  ])
  const unknown = await answer(other.url, { runId, elicitationId: 'other' }, accept)
  expect(unknown).toMatchObject({ status: 404, error: { code: 'ELICITATION_NOT_FOUND' } })
  const both = await Promise.all([
    answer(other.url, path, accept),
    answer(one.url, path, { action: 'decline' })
  ])
  const taken = both.findIndex(({ status }) => status === 204)
  expect(both[1 - taken]).toMatchObject({ status: 409, error: { code: 'ELICITATION_ANSWERED' } })

  const end = await ended(other.url, runId)
  const word = taken === 0 ? 'accept' : 'decline'
  expect(end).toMatchObject({ state: 'succeeded', response: `The user's word: ${word}.` })
  expect(asking.heard.at(-1)).toMatchObject({ name: 'patching', answer: { action: word } })
  const late = await answer(other.url, path, accept)
  expect(late).toMatchObject({ status: 409, error: { code: 'ELICITATION_ANSWERED' } })
  const { events } = await reading
  const later = await followRun(other.url, runId, { headers: replicas.headers })
  expect(events).toEqual(later.events)
})

it('what a user typed reaches the server, and is in no log, store or audit', async () => {
  const { runId, rest } = await ask()
  const reading = rest()
  const { elicitationId } = await form(one.url, runId)
  const accept = { action: 'accept', content: VALUES }
  expect((await answer(other.url, { runId, elicitationId }, accept)).status).toBe(204)
  await ended(one.url, runId)
  expect(asking.heard.at(-1)).toEqual({
    name: 'patching',
    answer: { action: 'accept', content: VALUES }
  })
  const { events } = await reading
  const told = events.flatMap(({ event }) =>
    event.type === 'CUSTOM' && event.name.startsWith('elicitation_') ? [event] : []
  )
  expect(told.map(({ name }) => name)).toEqual(['elicitation_requested', 'elicitation_closed'])
  expect(told[1]?.value).toEqual({ elicitationId, outcome: 'accepted' })
  expect(JSON.stringify(events)).not.toContain('canary-contact')
  const keys = (await replicas.command('KEYS', '*')) as string[]
  const dumps = await Promise.all(
    keys.map(async (key) => String(await replicas.command('DUMP', key)))
  )
  expect(keys).toContain(`ai-ops:default:elicitation:${elicitationId}`)
  expect(dumps.join()).not.toContain('canary-contact')
  for (const key of keys.filter((name) => name.includes(':elicitation:'))) {
    expect(Number(await replicas.command('PTTL', key))).toBeGreaterThan(0)
  }
  const audited = auditOf(other).filter(({ event }) => event === 'elicitation.answered')
  expect(audited.at(-1)).toMatchObject({ outcome: 'accept', tool: 'plan_window', runId })
  for (const replica of [one, other]) expect(replica.logs()).not.toContain('canary-contact')
})

it('two users at a time, on one connection, each see and answer their own', async () => {
  const users = [replicas.headers, replicas.otherHeaders]
  const runs = await Promise.all(users.map((headers) => ask({}, headers)))
  const forms = await Promise.all(
    runs.map(({ runId }, place) => form(one.url, runId, users[place] as typeof replicas.headers))
  )
  for (const [place, { runId }] of runs.entries()) {
    const [own, foreign] = [forms[place], forms[1 - place]]
    const crossed = { runId, elicitationId: foreign?.elicitationId ?? '' }
    const headers = users[place] as typeof replicas.headers
    expect(await answer(one.url, crossed, { action: 'decline' }, headers)).toMatchObject({
      error: { code: 'ELICITATION_NOT_FOUND' }
    })
    const path = { runId, elicitationId: own?.elicitationId ?? '' }
    expect((await answer(one.url, path, { action: 'decline' }, headers)).status).toBe(204)
    expect(await ended(one.url, runId, headers)).toMatchObject({ state: 'succeeded' })
  }
})

it('whoever did not say that they can answer is not asked', async () => {
  const { runId, rest } = await ask({ canAnswer: false })
  await rest()
  const end = await see(one.url, runId)
  expect(end.response).toContain("The user's word: decline.")
  expect(end.response).toContain('nobody can be asked here')
})

it('a stop reaches a run whose user is asked, and nothing can be answered any more', async () => {
  const { runId } = await ask()
  const { elicitationId } = await form(other.url, runId)
  const stopped = await fetch(`${other.url}/api/v1/runs/${runId}/cancel`, {
    method: 'POST',
    headers: replicas.headers
  })
  expect(stopped.status).toBe(200)
  expect(await ended(other.url, runId)).toMatchObject({ state: 'stopped' })
  await expect
    .poll(
      async () => (await answer(other.url, { runId, elicitationId }, { action: 'decline' })).error
    )
    .toMatchObject({ code: 'ELICITATION_LAPSED' })
})

it('who thinks longer than a run may take gets a whole answer', async () => {
  const startedAt = performance.now()
  const { runId, rest } = await startRun(hasty.url, {
    headers: replicas.headers,
    body: { message: 'Plan it', canAnswer: true }
  })
  const reading = rest()
  const { elicitationId, lapsesAt } = await form(hasty.url, runId)
  expect(Date.parse(lapsesAt) - Date.now()).toBeGreaterThan(60_000)
  await sleep(6_000)
  expect(await see(hasty.url, runId)).toMatchObject({ state: 'running' })
  const accept = { action: 'accept', content: VALUES }
  expect((await answer(other.url, { runId, elicitationId }, accept)).status).toBe(204)
  await reading
  const end = await ended(hasty.url, runId)
  expect(end).toMatchObject({ state: 'succeeded', response: "The user's word: accept." })
  expect(performance.now() - startedAt).toBeGreaterThan(6_000)
})

it('nobody answers in time: the server and the model are told so', async () => {
  const made = await fetch(`${one.url}/api/v1/mcp-servers`, {
    method: 'POST',
    headers: { ...replicas.headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ name: 'hurried', remoteUrl: peer.url, status: 'Healthy', readOnlyTools: ['*'] },
      ...{ timeoutSeconds: 2, totalTimeoutSeconds: 2 }
    })
  })
  expect(made.status).toBe(201)
  replicas.model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0) return [say(results.map(textOf).join(' | '))]
    return [callTool('hurried_plan_window', { name: 'patching' })]
  })
  const { runId, rest } = await ask({ mcpServers: ['hurried'] })
  const { events } = await rest()
  const closed = events.flatMap(({ event }) =>
    event.type === 'CUSTOM' && event.name === 'elicitation_closed' ? [event.value.outcome] : []
  )
  expect(closed).toEqual(['lapsed'])
  const end = await see(one.url, runId)
  expect(end.response).toContain("The user's word: cancel.")
  expect(end.response).toContain('nobody answered in time')
})

it('a replica that is shut down waits for nobody', async () => {
  const leaving = await replicas.start()
  const { runId, rest } = await startRun(leaving.url, {
    headers: replicas.headers,
    body: { message: 'Plan it', canAnswer: true }
  })
  const reading = rest()
  await form(leaving.url, runId)
  leaving.signal('SIGTERM')
  await leaving.exited
  await reading
  const end = await ended(one.url, runId)
  expect(end.state).toBe('succeeded')
  expect(end.response).toContain('nobody answered in time')
})

it('a replica that dies while it waits: the form is shown anew, with all the time there is', async () => {
  const dying = await replicas.start({ AI_OPS_RUN_TIMEOUT_SECONDS: '5' })
  const { runId, rest } = await startRun(dying.url, {
    headers: replicas.headers,
    body: { message: 'Plan it', canAnswer: true }
  })
  rest().catch(() => undefined)
  const first = await form(dying.url, runId)
  await sleep(3_000)
  dying.signal('SIGKILL')
  await dying.exited
  await expect
    .poll(async () => (await see(one.url, runId)).elicitations.map((one) => one.elicitationId), {
      timeout: 40_000
    })
    .not.toContain(first.elicitationId)
  const again = await form(one.url, runId)
  expect(Date.parse(again.lapsesAt) - Date.now()).toBeGreaterThan(4 * 60_000)
  const accept = { action: 'accept', content: VALUES }
  const { elicitationId } = again
  expect((await answer(other.url, { runId, elicitationId }, accept)).status).toBe(204)
  expect(await ended(one.url, runId)).toMatchObject({
    state: 'succeeded',
    response: "The user's word: accept."
  })
})
