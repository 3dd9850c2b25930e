import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, expect, it } from 'vitest'
import type { AgentEvent, CompactedNote } from '../../../src/agent/agent-events.ts'
import { readBranch } from '../../../src/conversations/branch-reader.ts'
import {
  type AgentFixture,
  caller,
  catalogOf,
  counted,
  llmModel,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { callTool, type ModelRequest, refuse, say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

const TOO_LONG = {
  error: {
    message: "This model's maximum context length is 4096 tokens. Your messages resulted in 5000.",
    code: 'context_length_exceeded'
  }
}
const FILLER = 'word '.repeat(500)

let model: ScriptedModel

afterEach(() => model.stop())

const isSummary = ({ body }: ModelRequest) =>
  String(body.messages[0]?.content).startsWith('You summarise')

const contentsOf = ({ body }: ModelRequest) => body.messages.map(({ content }) => String(content))
const rolesOf = ({ body }: ModelRequest) => body.messages.map(({ role }) => role)
const wordsOf = ({ body }: ModelRequest) => JSON.stringify(body.messages).slice(0, -1)

function start(contextTokens: number, change: Parameters<typeof llmModel>[0] = {}): AgentFixture {
  const catalog = catalogOf({ llmModels: [llmModel({ contextTokens, ...change })] })
  return startAgentFixture({ url: model.url, catalog: () => catalog })
}

async function converse(
  { ask, eventsOf }: AgentFixture,
  questions: readonly string[]
): Promise<{ conversationId: string; events: AgentEvent[] }> {
  let conversationId: string | undefined
  let events: AgentEvent[] = []
  for (const question of questions) {
    const run = await ask(question, { conversationId })
    conversationId = run.conversationId
    events = await eventsOf(run.runId)
  }
  return { conversationId: conversationId ?? '', events }
}

function compactedIn(events: readonly AgentEvent[]) {
  return events.find((event) => event.type === 'CUSTOM' && event.name === 'compacted') as
    | { readonly value: CompactedNote }
    | undefined
}

it('goes on from a summary when a conversation gets too long, made once, and says so', async () => {
  model = await startScriptedModel({
    respond: (request) =>
      isSummary(request)
        ? [say('Asked: about the core switch.')]
        : [say(`It is ams01-core-02 at 10.20.30.40, with 37 interfaces. ${FILLER}`)]
  })
  const fixture = start(2_500)
  const { conversationId, events } = await converse(fixture, ['First?', 'Second?', 'Third?'])

  expect(model.requests.map(isSummary)).toEqual([false, false, true, false])
  for (const event of events) EventSchemas.parse(event)
  expect(compactedIn(events)).toMatchObject({
    value: { summary: expect.stringContaining('Asked: about the core switch.') }
  })
  expect(events.at(-2)).toMatchObject({
    value: {
      // No tool has shown any of it: that a summary holds it proves nothing.
      gaps: [
        expect.stringContaining('summary'),
        'Not found in the data: ams01-core-02, 10.20.30.40, 37.'
      ],
      usage: { modelCalls: 2 }
    }
  })
  const [, , , third] = model.requests
  const [, summary = ''] = contentsOf(third as ModelRequest)
  expect(rolesOf(third as ModelRequest)).toEqual(['system', 'user'])
  // What the summary forgot, code remembers.
  expect(summary).toMatch(/ams01-core-02/)
  expect(summary).toMatch(/10\.20\.30\.40/)
  expect(summary).toMatch(/37 interfaces/)
  expect(summary).toMatch(/- First\?/)
  expect(summary).toMatch(/Third\?$/)
  // People read on in all of it.
  const read = await readBranch(fixture.checkpointer, conversationId, undefined)
  expect(read.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
    'First?',
    'Second?',
    'Third?'
  ])
  expect(read.at(-1)?.summary).toBe(compactedIn(events)?.value.summary)
})

it('keeps the beginning of the prompt the same after a compaction, until the next one', async () => {
  model = await startScriptedModel({
    respond: (request) => (isSummary(request) ? [say('Short.')] : [say('x '.repeat(500))])
  })
  const questions = Array.from({ length: 10 }, (_, turn) => `Question ${turn}?`)
  await converse(start(4_000), questions)

  const summaries = model.requests.filter(isSummary).length
  expect(summaries).toBeGreaterThan(0)
  expect(summaries).toBeLessThan(4)
  const extended = model.requests.map((request, index) => {
    const before = model.requests[index - 1]
    return before === undefined || wordsOf(request).startsWith(wordsOf(before))
  })
  const broken = model.requests.filter((_, index) => !extended[index])
  // To the summary, and from it.
  expect(broken).toHaveLength(2 * summaries)
})

it('summarises the earlier rounds of a question whose own calls are too much', async () => {
  let rounds = 0
  model = await startScriptedModel({
    respond: (request) => {
      if (isSummary(request)) return [say('Found so far: nothing.')]
      rounds += 1
      return rounds < 4 ? [callTool('count', { rounds })] : [say('Done.')]
    }
  })
  const catalog = catalogOf({ llmModels: [llmModel({ contextTokens: 2_500 })] })
  const fixture = startAgentFixture({
    url: model.url,
    catalog: () => catalog,
    limits: { maxModelCalls: 12, maxToolCalls: 12 },
    tools: () => toolSet(async () => counted('y '.repeat(1_000)))
  })
  const { events } = await converse(fixture, ['Look at everything'])

  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
  expect(model.requests.some(isSummary)).toBe(true)
  const last = model.requests.at(-1) as ModelRequest
  expect(rolesOf(last)).toEqual(['system', 'user', 'assistant', 'tool'])
  expect(contentsOf(last)[1]).toMatch(/Found so far[\s\S]*Look at everything$/)
})

it('[T19] compacts once and asks once more when the provider says the context is too long', async () => {
  let refusals = 1
  model = await startScriptedModel({
    respond: (request) => {
      if (isSummary(request)) return [say('They talked.')]
      const isThird = contentsOf(request).at(-1)?.endsWith('Third?')
      if (isThird && refusals-- > 0) return [refuse(400, { body: TOO_LONG })]
      return [say('Fine.')]
    }
  })
  const { events } = await converse(start(128_000), ['First?', 'Second?', 'Third?'])

  expect(model.requests.map(isSummary)).toEqual([false, false, false, true, false])
  expect(compactedIn(events)).toBeDefined()
  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
  expect(contentsOf(model.requests.at(-1) as ModelRequest)[1]).toContain('They talked.')
})

it('[T19] asks no third time', async () => {
  model = await startScriptedModel({
    respond: (request) => {
      if (isSummary(request)) return [say('They talked.')]
      const isSecond = contentsOf(request).at(-1)?.endsWith('Second?')
      return isSecond ? [refuse(400, { body: TOO_LONG })] : [say('Fine.')]
    }
  })
  const { events } = await converse(start(128_000), ['First?', 'Second?'])

  expect(model.requests.map(isSummary)).toEqual([false, false, true, false])
  expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR' })
})

it('does not ask again what cannot get any shorter', async () => {
  model = await startScriptedModel({ respond: () => [refuse(400, { body: TOO_LONG })] })
  const { events } = await converse(start(128_000), ['Alone?'])

  expect(model.requests).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR' })
})

it('leaves the oldest turns out where the summary fails, and says so', async () => {
  model = await startScriptedModel({
    respond: (request) => (isSummary(request) ? [refuse(500)] : [say(FILLER)])
  })
  const { events } = await converse(start(2_500), ['First?', 'Second?', 'Third?'])

  const last = model.requests.at(-1) as ModelRequest
  expect(model.requests.filter(isSummary)).toHaveLength(1)
  expect(rolesOf(last)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(contentsOf(last)[1]).toContain('Second?')
  expect(events.at(-2)).toMatchObject({
    value: { gaps: [expect.stringContaining('too long ago')] }
  })
})

it('asks the rule-based model of the lab for no summary', async () => {
  model = await startScriptedModel({ respond: () => [say(FILLER)] })
  const { events } = await converse(start(2_500, { source: 'lab' }), [
    'First?',
    'Second?',
    'Third?'
  ])

  expect(model.requests).toHaveLength(3)
  expect(events.at(-2)).toMatchObject({
    value: { gaps: [expect.stringContaining('too long ago')] }
  })
})

it('summarises on a branch without changing the conversation it left', async () => {
  model = await startScriptedModel({
    respond: (request) => (isSummary(request) ? [say('Short.')] : [say(FILLER)])
  })
  const fixture = start(2_500)
  const { conversationId } = await converse(fixture, ['First?', 'Second?', 'Third?'])
  const [first] = await readBranch(fixture.checkpointer, conversationId, undefined)
  const run = await fixture.ask('Instead?', { conversationId, after: first?.id })
  await fixture.eventsOf(run.runId)

  const last = model.requests.at(-1) as ModelRequest
  expect(rolesOf(last)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(contentsOf(last)[1]).not.toContain('[data')
})

it('ends with a stop while the model summarises', async () => {
  model = await startScriptedModel({
    respond: (request) => (isSummary(request) ? [silence()] : [say(FILLER)])
  })
  const fixture = start(2_500)
  const { conversationId } = await converse(fixture, ['First?', 'Second?'])
  const { runId } = await fixture.ask('Third?', { conversationId })
  await expect.poll(() => model.requests.some(isSummary)).toBe(true)
  await fixture.runs.cancel(caller(), runId)

  const events = await fixture.eventsOf(runId)
  expect(events.at(-2)).toMatchObject({ name: 'stopped' })
  expect(compactedIn(events)).toBeUndefined()
  expect(model.requests.filter(isSummary)).toHaveLength(1)
})

it('keeps to the smallest window of those that may stand in', async () => {
  model = await startScriptedModel({
    respond: (request) => {
      if (request.body.model === 'large') return [refuse(404)]
      return [say(isSummary(request) ? 'Short.' : FILLER)]
    }
  })
  const models = [
    llmModel({ id: 'large', name: 'large', modelName: 'large', fallbackModelId: 'small' }),
    llmModel({
      id: 'small',
      name: 'small',
      modelName: 'small',
      isDefault: false,
      contextTokens: 2_500
    })
  ]
  const fixture = startAgentFixture({
    url: model.url,
    catalog: () => catalogOf({ llmModels: models }),
    permitted: ['large', 'small']
  })
  const { events } = await converse(fixture, ['First?', 'Second?', 'Third?'])

  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
  const bySmall = model.requests.filter(({ body }) => body.model === 'small')
  for (const request of bySmall) expect(wordsOf(request).length).toBeLessThan(2_500 * 3.2)
  expect(bySmall).toHaveLength(3)
})

it('says to the operator why a summary failed', async () => {
  model = await startScriptedModel({
    respond: (request) => (isSummary(request) ? [refuse(404)] : [say(FILLER)])
  })
  const fixture = start(2_500)
  const { events } = await converse(fixture, ['First?', 'Second?', 'Third?'])

  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
  expect(fixture.passed).toEqual(['MODEL_FAILED: again'])
})
