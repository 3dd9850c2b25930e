import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { type McpPeer, startEverything } from '../support/mcp-peers.ts'
import {
  callTool,
  type ModelStep,
  type Respond,
  say,
  sinceLastQuestion,
  textOf
} from '../support/model-steps.ts'
import { freePort } from '../support/ports.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { startSteadyClock } from '../support/steady-clock.ts'
import {
  allOf,
  ask,
  cancelRun,
  openEvents,
  readUntil,
  send,
  viewRun
} from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

/** What one question waits for servers that it has never seen, and a little for everything else. */
const MAX_LIST_WAIT_MS = 2_000 + 2_500
const STOP_MS = 500
const message = 'How many devices are there, and what does everything say?'

let model: ScriptedModel
let everything: McpPeer
let second: McpPeer
let page: FaultMcpServer
let mute: FaultMcpServer
let hanging: FaultMcpServer
let forgetful: FaultMcpServer
let service: LabSidecar

beforeAll(async () => {
  ;[model, everything, second, page, mute, hanging, forgetful] = await Promise.all([
    startScriptedModel({}),
    startEverything(),
    startEverything(),
    startFaultMcpServer(),
    startFaultMcpServer(),
    startFaultMcpServer(),
    startFaultMcpServer({ lostSessionStatus: 400 })
  ])
  page.misbehave(() => ({ kind: 'html' }))
  mute.misbehave(() => ({ kind: 'hang' }))
  hanging.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  service = await startLabSidecar(model.url, {
    AI_OPS_MCP_SERVERS: unasked([
      { name: 'everything', url: everything.url },
      { name: 'second', url: second.url },
      { name: 'dead', url: `http://127.0.0.1:${await freePort()}/mcp` },
      { name: 'page', url: page.url },
      { name: 'mute', url: mute.url },
      { name: 'hanging', url: hanging.url },
      { name: 'forgetful', url: forgetful.url }
    ])
  })
  const response = await send(service.url, {
    path: '/api/v1/mcp-servers',
    body: {
      ...{ name: 'impatient', remoteUrl: hanging.url, status: 'Healthy', timeoutSeconds: 1 },
      readOnlyTools: ['*']
    }
  })
  expect(response.status).toBe(201)
})

afterAll(async () => {
  const peers = [page, mute, hanging, forgetful, everything, second, model]
  await Promise.all([service.stop(), ...peers.map((peer) => peer.stop())])
})

type Round = readonly ModelStep[] | (() => Promise<readonly ModelStep[]>)

/** Servers whose tools run without anybody's approval. */
function unasked(servers: readonly { readonly name: string; readonly url: string }[]): string {
  return JSON.stringify(servers.map((server) => ({ ...server, readOnlyTools: ['*'] })))
}

/** Each round of calls in turn, then all results of this question as the answer. */
function inRounds(...rounds: readonly Round[]): Respond {
  let next = 0
  return (request) => {
    const round = rounds[next]
    next += 1
    if (typeof round === 'function') return round()
    if (round) return round
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    return [say(results.map(textOf).join('\n'))]
  }
}

const echo = (server: string, text: string) => callTool(`${server}_echo`, { message: text })
const count = callTool('count', { model: 'dcim.device', filters: {} })

test('a dead, a wrong and a mute server break no answer: the others are asked, the footer names them', async () => {
  model.answer(inRounds([echo('everything', 'hello'), count]))
  const startedAt = performance.now()
  const mcpServers = ['everything', 'dead', 'page', 'mute']
  const answer = await ask(service.url, { message, mcpServers })
  expect(performance.now() - startedAt).toBeLessThan(MAX_LIST_WAIT_MS)
  expect(answer.response).toContain('Echo: hello')
  expect(answer.toolCalls).toEqual([
    expect.objectContaining({ name: 'everything_echo', server: 'everything', isError: false }),
    expect.objectContaining({ name: 'count', server: 'nautobot', isError: false })
  ])
  expect(answer.evidence).toHaveLength(1)
  expect(answer.gaps).toEqual([
    'dead could not be asked: the connection was refused.',
    'page could not be asked: its address does not answer as an MCP server.',
    // By then its time to be connected to may be over.
    expect.stringMatching(
      /^mute could not be asked: it did not (list its tools within 2|answer within 5) s\.$/
    )
  ])
  expect(JSON.stringify(answer)).not.toContain(`127.0.0.1:${mute.port}`)
})

test('[T1] a server that is killed in mid-chat leaves the others working, and the footer names it', async () => {
  const mcpServers = ['everything', 'second', 'forgetful']
  model.answer(
    inRounds([echo('second', 'one')], async () => {
      await second.stop()
      return [echo('second', 'two'), echo('everything', 'three'), echo('forgetful', 'four'), count]
    })
  )
  const answer = await ask(service.url, { message, mcpServers })
  const outcomes = answer.toolCalls.map(({ name, isError }) => [name, isError])
  expect(outcomes).toEqual([
    ['second_echo', false],
    ['second_echo', true],
    ['everything_echo', false],
    ['forgetful_echo', false],
    ['count', false]
  ])
  expect(answer).toMatchObject({ state: 'succeeded' })
  expect(answer.response).toContain('Echo: three')
  expect(answer.gaps).toEqual([expect.stringMatching(/^second could not be asked: /)])
  const { conversationId } = answer
  model.answer(inRounds([echo('second', 'five'), echo('everything', 'six')]))
  const next = await ask(service.url, { message, mcpServers, conversationId })
  expect(next.toolCalls.map(({ isError }) => isError)).toEqual([true, false])
  expect(next.gaps).toEqual([expect.stringMatching(/^second could not be asked: /)])
})

test('[T3] a server that restarts or forgets its session is asked again, once', async () => {
  const mcpServers = ['everything', 'forgetful']
  model.answer(
    inRounds([echo('everything', 'one'), echo('forgetful', 'one')], async () => {
      await everything.stop()
      everything = await startEverything({ port: everything.port })
      forgetful.forgetSessions()
      return [echo('everything', 'two'), echo('forgetful', 'two')]
    })
  )
  const before = forgetful.asked('initialize').length
  const callsBefore = forgetful.asked('tools/call').length
  const answer = await ask(service.url, { message, mcpServers })
  expect(answer.toolCalls.map(({ isError }) => isError)).toEqual([false, false, false, false])
  expect(answer.gaps).toEqual([])
  expect(forgetful.asked('initialize').length - before).toBeLessThanOrEqual(2)
  expect(forgetful.asked('tools/call').length - callsBefore).toBe(3)
})

test('[T4] a call that never answers is given up and cancelled, and the answer says so', async () => {
  model.answer(inRounds([callTool('impatient_echo', { text: 'x' }), count]))
  const before = hanging.asked('notifications/cancelled').length
  const answer = await ask(service.url, { message, mcpServers: ['impatient'] })
  expect(answer.toolCalls.map(({ isError }) => isError)).toEqual([true, false])
  expect(answer.toolCalls[0]?.durationMs).toBeLessThan(8_000)
  expect(answer.gaps).toEqual(['impatient could not be asked: it did not answer within 1 s.'])
  const cancelled = hanging.asked('notifications/cancelled').slice(before)
  const call = hanging.asked('tools/call').at(-1)
  expect(cancelled.map(({ params }) => params.requestId)).toEqual([call?.id])
  await expect.poll(() => call?.closedByClient).toBe(true)
})

test('[P5] a stop during a tool call ends it and the run at once, and the history stays valid', async () => {
  model.answer(inRounds([callTool('hanging_echo', { text: 'x' }), count]))
  const calls = hanging.asked('tools/call').length
  const body = { message, mcpServers: ['hanging'] }
  const { response, events } = await openEvents(service.url, { body })
  await readUntil(events, 'TOOL_CALL_END')
  await expect.poll(() => hanging.asked('tools/call').length).toBe(calls + 1)
  const call = hanging.asked('tools/call').at(-1)
  const runId = response.headers.get('x-run-id') ?? ''
  const clock = startSteadyClock()
  const { run } = await cancelRun(service.url, runId)
  await expect.poll(() => call?.closedByClient, { interval: 10 }).toBe(true)
  expect(clock.stop()).toBeLessThan(STOP_MS)
  expect(run.state).toBe('stopped')
  expect(hanging.asked('notifications/cancelled').at(-1)?.params.requestId).toBe(call?.id)
  const last = (await allOf(events)).at(-1)?.event
  expect(last).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'cancelled' } })
  expect(await viewRun(service.url, runId)).toMatchObject({ footer: { incomplete: true } })

  model.answer(() => [say('Fine.')])
  const conversationId = response.headers.get('x-conversation-id')
  await ask(service.url, { message: 'Go on', mcpServers: [], conversationId })
  const history = model.requests.at(-1)?.body.messages ?? []
  const called = history.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id))
  const answered = history.flatMap(({ tool_call_id: id }) => (id ? [id] : []))
  expect(called).toHaveLength(2)
  expect(answered).toEqual(called)
  expect(history.at(-1)?.role).toBe('user')
})

test('a question that names no server offers the tools of all', async () => {
  model.answer(() => [say('Fine.')])
  const answer = await ask(service.url, { message })
  const offered = model.requests.at(-1)?.body.tools?.map(({ function: { name } }) => name) ?? []
  expect(offered).toEqual(
    expect.arrayContaining(['count', 'find', 'everything_echo', 'hanging_echo', 'impatient_echo'])
  )
  expect(new Set(offered).size).toBe(offered.length)
  expect(answer.gaps.map((gap) => gap.split(' ')[0])).toEqual(
    expect.arrayContaining(['dead', 'page', 'mute'])
  )
})

test('[T2] tools of the same name are both called, under names that outlast a restart', async () => {
  const described = [
    { name: 'Site A', url: hanging.url },
    { name: 'site-a', url: forgetful.url }
  ]
  hanging.misbehave(() => undefined)
  const namesByRun: Record<string, string>[] = []
  for (const servers of [described, described.toReversed()]) {
    const own = await startLabSidecar(model.url, { AI_OPS_MCP_SERVERS: unasked(servers) })
    try {
      namesByRun.push(await callEachEcho(own.url))
    } finally {
      await own.stop()
    }
  }
  expect(namesByRun[0]).toEqual(namesByRun[1])
  expect(new Set(Object.values(namesByRun[0] ?? {})).size).toBe(2)
})

/** The name of each server's echo, seen from the server that a call by that name reached. */
async function callEachEcho(url: string): Promise<Record<string, string>> {
  let names: readonly string[] = []
  model.answer((request) => {
    if (sinceLastQuestion(request).length > 0) return [say('Done.')]
    const offered = request.body.tools?.map(({ function: { name } }) => name) ?? []
    names = offered.filter((name) => name.includes('echo'))
    return names.map((name) => callTool(name, { text: name }))
  })
  const { toolCalls, gaps } = await ask(url, { message })
  expect({ gaps, failed: toolCalls.filter(({ isError }) => isError) }).toEqual({
    gaps: [],
    failed: []
  })
  expect(names).toHaveLength(2)
  const lastText = (server: FaultMcpServer) => {
    const { text = '' } = (server.asked('tools/call').at(-1)?.params.arguments ?? {}) as {
      text?: string
    }
    return text
  }
  return { hanging: lastText(hanging), forgetful: lastText(forgetful) }
}
