import { afterEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import type { ToolSet } from '../../../src/tool-server.ts'
import {
  catalogOf,
  counted,
  llmModel,
  mcpServer,
  question,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { leaseFrom } from '../../support/agent-tool-servers.ts'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'
import {
  callTool,
  type ModelRequest,
  type ModelStep,
  say,
  sinceLastQuestion,
  textOf
} from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

const MAX_RESULT_BYTES = 48 * 1024

let model: ScriptedModel
let server: FaultMcpServer | undefined

afterEach(async () => {
  await model.stop()
  await server?.stop()
  server = undefined
})

const resultsOf = (request: ModelRequest | undefined) =>
  request
    ? sinceLastQuestion(request)
        .filter(({ role }) => role === 'tool')
        .map(textOf)
    : []
const idIn = (text: string | undefined) => /result "(r\w+)"/.exec(text ?? '')?.[1] ?? 'none'

/** Each answer of the model is made from the results it has read by then. */
function inRounds(...rounds: readonly ((results: readonly string[]) => readonly ModelStep[])[]) {
  let next = 0
  return (request: ModelRequest) => rounds[next++]?.(resultsOf(request)) ?? [say('No more rounds.')]
}

function footerIn(events: readonly AgentEvent[]) {
  return events.find((event) => event.type === 'CUSTOM' && event.name === 'footer')
}

it('[T6] shows the beginning of a 5 MB result, says so, and reads the rest by page and by search', async () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `switch-${n} ${'x'.repeat(40)} port ${n}`)
  lines[77_777] = 'needle-01 10.9.8.7 is in rack 12'
  const text = lines.join('\n')
  expect(text.length).toBeGreaterThan(5_000_000)
  server = await startFaultMcpServer({ tools: [ECHO] })
  server.misbehave(({ method }) =>
    method === 'tools/call'
      ? { kind: 'result', result: { content: [{ type: 'text', text }] } }
      : undefined
  )
  const address = server.url
  model = await startScriptedModel({
    respond: inRounds(
      () => [callTool('weather_echo', {})],
      (results) => [
        callTool('read_result', { result: idIn(results[0]), search: 'NEEDLE-01' }),
        callTool('read_result', { result: idIn(results[0]), page: 2 })
      ],
      () => [say('needle-01 is in rack 12.')]
    )
  })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: leaseFrom(() => [mcpServer({ address, timeoutMs: 8_000, readOnlyTools: ['*'] })])
  })
  const { runId, conversationId } = await ask('Where is needle-01?')
  const events = await eventsOf(runId)

  const [first] = resultsOf(model.requests[1])
  expect(Buffer.byteLength(first ?? '')).toBeLessThan(MAX_RESULT_BYTES + 500)
  expect(first).toContain('switch-0 ')
  expect(first).toContain(`of ${text.length} characters follow`)
  const [, found, page] = resultsOf(model.requests[2])
  expect(found).toContain('needle-01 10.9.8.7 is in rack 12')
  expect(found).toContain('[1 matches; 1 places are shown]')
  expect(page).toMatch(/^\[Page 2 of \d+, characters \d+ to \d+ of \d+\]\n/)
  // Whatever is returned, the window is safe.
  for (const { body } of model.requests) {
    expect(JSON.stringify(body).length).toBeLessThan(2 * MAX_RESULT_BYTES)
  }
  expect(footerIn(events)).toMatchObject({
    value: {
      gaps: [expect.stringMatching(/weather_echo \(weather\) was cut: .* can be asked for/)]
    }
  })

  // And a later question reads on in it.
  model.answer(
    inRounds(
      () => [callTool('read_result', { result: idIn(first), search: 'switch-99999' })],
      ([result]) => [say(result ?? '')]
    )
  )
  const later = await eventsOf((await ask('And the last?', { conversationId })).runId)
  expect(JSON.stringify(later)).toContain('port 99999')
}, 30_000)

it('reads a kept result in no other conversation', async () => {
  const canary = `canary ${'z'.repeat(60_000)}`
  model = await startScriptedModel({
    respond: inRounds(
      () => [callTool('count', {})],
      () => [say('Long.')]
    )
  })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () => toolSet(async () => counted(canary))
  })
  await eventsOf((await ask('Count')).runId)
  const id = idIn(resultsOf(model.requests[1])[0])
  expect(id).toMatch(/^r\w{10}$/)

  const { caller } = question('')
  for (const change of [{}, { caller: { ...caller, id: 'mallory', username: 'mallory' } }]) {
    model.answer(
      inRounds(
        () => [callTool('read_result', { result: id })],
        () => [say('Read.')]
      )
    )
    const run = await ask('Show me theirs', change)
    await eventsOf(run.runId, change.caller?.id)
    const [result] = resultsOf(model.requests.at(-1))
    expect(result).toBe(`This conversation has no result "${id}", or has it no more.`)
  }
})

it('says what is wrong with a call of read_result', async () => {
  const bad = [{}, { result: 'r1', page: 0 }, { result: 7 }, { result: 'r1', search: '' }]
  model = await startScriptedModel({
    respond: inRounds(
      () => bad.map((args) => callTool('read_result', args)),
      () => [say('Sorry.')]
    )
  })
  const { ask, eventsOf } = startAgentFixture({ url: model.url })
  await eventsOf((await ask('Read')).runId)

  const results = resultsOf(model.requests[1])
  expect(results).toHaveLength(bad.length)
  for (const result of results) expect(result).toMatch(/arguments/)
})

it('lets results of one round share what a small model can read', async () => {
  model = await startScriptedModel({
    respond: inRounds(
      () => Array.from({ length: 6 }, (_, n) => callTool('count', { n })),
      () => [say('Done.')]
    )
  })
  const catalog = catalogOf({ llmModels: [llmModel({ contextTokens: 8_000 })] })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    catalog: () => catalog,
    tools: () => toolSet(async (_name, args) => counted(JSON.stringify(args) + 'y'.repeat(9_000)))
  })
  const events = await eventsOf((await ask('Count six')).runId)

  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
  expect(model.requests).toHaveLength(2)
  expect(JSON.stringify(model.requests[1]?.body.messages).length).toBeLessThan(6_000 * 3.2)
  expect(resultsOf(model.requests[1]).every((text) => idIn(text) !== 'none')).toBe(true)
})

it.each([8_000, 16_000, 32_000])(
  'reads on in a window of %i tokens, however many tools there are',
  async (contextTokens) => {
    const text = Array.from({ length: 20_000 }, (_, n) => `switch-${n} port ${n}`).join('\n')
    const padding = 'd'.repeat(Math.floor(contextTokens / 16))
    const servers = Array.from({ length: 20 }, (_, n) => ({
      ...toolSet().tools[0],
      name: `extra_${n}`,
      description: padding
    }))
    let id = 'none'
    const rounds = inRounds(
      () => [callTool('count', {})],
      ([first]) => {
        id = idIn(first)
        return [callTool('read_result', { result: id, page: 2 })]
      },
      () => [
        callTool('read_result', { result: id, search: 'switch-1999' }),
        callTool('read_result', { result: id, search: 'port 77' })
      ],
      () => [say('Done.')]
    )
    model = await startScriptedModel({
      respond: (request) =>
        String(request.body.messages[0]?.content).startsWith('You summarise')
          ? [say('Short.')]
          : rounds(request)
    })
    const tools = [...toolSet().tools, ...servers] as ToolSet['tools']
    const { ask, eventsOf } = startAgentFixture({
      url: model.url,
      catalog: () => catalogOf({ llmModels: [llmModel({ contextTokens })] }),
      tools: () => toolSet(async () => counted(text), { tools })
    })
    const events = await eventsOf((await ask('Count')).runId)

    expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
    const read = events.flatMap((event) =>
      event.type === 'TOOL_CALL_RESULT' ? [event.content] : []
    )
    expect(read[1]).toMatch(/^\[Page 2 of \d+, characters/)
    const found = read.slice(2)
    expect(found).toHaveLength(2)
    // Side by side, and in the order in which they end.
    for (const one of found) expect(one).toMatch(/^\[\d+ matches; \d+ places are shown\]/)
    expect(found.join('\n')).toContain('switch-1999 port 1999')
  }
)
