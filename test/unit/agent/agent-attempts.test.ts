import { EventSchemas } from '@ag-ui/core/schemas'
import type { BaseMessage } from '@langchain/core/messages'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import { LEFT, type Turn } from '../../../src/agent/agent-turn.ts'
import type { AgentLimits } from '../../../src/agent/run-limits.ts'
import { AppError } from '../../../src/errors.ts'
import { withEnds } from '../../../src/runs/log-ends.ts'
import { eventOf } from '../../../src/runs/run.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import type { ToolSet } from '../../../src/tool-server.ts'
import { readAsForeignClient } from '../../support/ag-ui-client.ts'
import {
  type AgentFixture,
  caller,
  counted,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { toLogged } from '../../support/fake-runs.ts'
import { longDeadline } from '../../support/long-deadline.ts'
import { callTool, cut, pause, refuse, say, textOf } from '../../support/model-steps.ts'
import { CONVERSATION_ID, RUN_ID, STARTED } from '../../support/run-events.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

/** Calls twice, then answers with both results, in other words each time. */
beforeEach(async () => {
  model = await startScriptedModel({
    respond: ({ body }, index) => {
      const results = body.messages.filter(({ role }) => role === 'tool')
      return results.length > 0
        ? [say([`Attempt ${index}: `, results.map(textOf).join(' and ')])]
        : [
            say('Let me look.'),
            callTool('count', { model: 'a' }),
            callTool('count', { model: 'b' })
          ]
    }
  })
})
afterEach(() => model.stop())

const HEAD = { configurable: { thread_id: CONVERSATION_ID } }
const link = { label: 'devices', url: 'http://nautobot.example/dcim/devices/' }

interface Attempt {
  readonly attempt?: number
  readonly earlier?: readonly AgentEvent[]
  /** Killed after so many events. */
  readonly events?: number
}

async function answer({ agent }: AgentFixture, options: Attempt = {}): Promise<AgentEvent[]> {
  const { attempt = 1, earlier = [], events = Number.POSITIVE_INFINITY } = options
  const dying = new AbortController()
  const { signal } = new AbortController()
  const turn: Turn = {
    ...{ runId: RUN_ID, conversationId: CONVERSATION_ID, attempt, earlier },
    ...{ username: 'jane', fence: undefined, question: 'How many?', page: undefined },
    branch: { replaces: undefined, after: undefined },
    plan: () =>
      agent.prepare(
        { caller: caller(), model: undefined, mcpServers: undefined },
        { signal, correlationId: 'c-1' }
      ),
    beginCall: async () => attempt === 1,
    deadline: longDeadline(),
    correlationId: 'c-1'
  }
  const seen: AgentEvent[] = attempt === 1 ? [STARTED] : []
  for await (const event of agent.run(turn, dying.signal)) {
    if (seen.length >= events) dying.abort(LEFT)
    else seen.push(event)
  }
  return seen
}

function start(
  call: ToolSet['call'] = async () => counted('7', { links: [link] }),
  limits: Partial<AgentLimits> = {}
) {
  const calls = vi.fn(call)
  return { ...startAgentFixture({ url: model.url, limits, tools: () => toolSet(calls) }), calls }
}

/** As a reader gets them who was there from the start. */
async function told(attempts: readonly (readonly AgentEvent[])[]): Promise<AgentEvent[]> {
  const logged = attempts.flatMap((events, place) =>
    events.map((event, index) => toLogged(`${place + 1}-${index + 1}`, event))
  )
  async function* all() {
    yield* logged
  }
  return (await Array.fromAsync(withEnds(all()))).map(eventOf)
}

it('comes to one whole answer, wherever the first attempt is killed', async () => {
  const whole = (await answer(start())).length
  expect(whole).toBeGreaterThan(15)
  for (let events = 1; events < whole; events += 1) {
    const fixture = start()
    const first = await answer(fixture, { events })
    const second = await answer(fixture, { attempt: 2, earlier: first })
    const seen = await told([first, second])
    for (const event of seen) EventSchemas.parse(event)
    const outcome = outcomeOf(seen)

    expect(outcome.state).toBe('succeeded')
    expect(outcome.response).toMatch(/7 and 7$/)
    expect(outcome.steps.map(({ result }) => result)).toEqual(['7', '7'])
    expect(outcome.footer).toMatchObject({ evidence: [link], incomplete: false })
    const { messages, failure } = await readAsForeignClient(seen)
    expect(failure).toBeUndefined()
    expect(messages.map(({ content }) => content)).toContain(outcome.response)
    const stored = await storedMessages(fixture.checkpointer, CONVERSATION_ID)
    expect(stored.map((message) => message.getType())).toEqual([
      'human',
      'ai',
      'tool',
      'tool',
      'ai'
    ])
  }
})

it('comes to one whole answer, wherever it is killed around a text that is begun anew', async () => {
  let breaks = 1
  model.answer(({ body }) => {
    const results = body.messages.filter(({ role }) => role === 'tool').length
    if (results === 0) return [callTool('count', { model: 'a' })]
    breaks -= 1
    return breaks >= 0 ? [say('There are si'), pause(20), cut()] : [say('There are seven.')]
  })
  const whole = await answer(start())
  expect(whole.map(({ type }) => type)).toContain('MESSAGES_SNAPSHOT')
  for (let events = 1; events < whole.length; events += 1) {
    breaks = 1
    const fixture = start()
    const first = await answer(fixture, { events })
    const seen = await told([first, await answer(fixture, { attempt: 2, earlier: first })])
    for (const event of seen) EventSchemas.parse(event)

    const { state, response, steps } = outcomeOf(seen)
    expect({ events, state, response }).toEqual({
      events,
      state: 'succeeded',
      response: 'There are seven.'
    })
    expect(steps.map(({ result }) => result)).toEqual(['7'])
    const { messages, failure } = await readAsForeignClient(seen)
    expect(failure).toBeUndefined()
    expect(messages.filter(({ content }) => content === 'There are si')).toEqual([])
  }
})

it('comes to one whole answer, wherever it is killed between what a step wrote and its checkpoint', async () => {
  let left = Number.POSITIVE_INFINITY
  let isKilled = true
  for (let checkpoints = 0; isKilled; checkpoints += 1) {
    const fixture = start()
    const put = fixture.checkpointer.put.bind(fixture.checkpointer)
    left = checkpoints
    isKilled = false
    vi.spyOn(fixture.checkpointer, 'put').mockImplementation((...parameters) => {
      left -= 1
      if (left >= 0) return put(...parameters)
      isKilled = true
      throw new AppError('CONVERSATION_TAKEN_OVER', 'Killed.')
    })
    const first = await answer(fixture)
    vi.restoreAllMocks()
    if (!isKilled) break
    const asked = model.requests.length
    const seen = await told([first, await answer(fixture, { attempt: 2, earlier: first })])
    for (const event of seen) EventSchemas.parse(event)
    const { state, response, steps, error } = outcomeOf(seen)

    expect({ checkpoints, state, error }).toEqual({
      checkpoints,
      state: 'succeeded',
      error: undefined
    })
    expect(response).toMatch(/7 and 7$/)
    expect(steps.map(({ result }) => result)).toEqual(['7', '7'])
    expect(model.requests.length - asked).toBeLessThanOrEqual(2)
    const stored = await storedMessages(fixture.checkpointer, CONVERSATION_ID)
    const types = stored.map((message) => message.getType())
    expect(types).toEqual(['human', 'ai', 'tool', 'tool', 'ai'])
  }
})

it('keeps an answer that was written without its checkpoint, also where nobody can go on', async () => {
  const fixture = start()
  const put = fixture.checkpointer.put.bind(fixture.checkpointer)
  vi.spyOn(fixture.checkpointer, 'put').mockImplementation((...parameters) => {
    const messages = parameters[1].channel_values.messages as BaseMessage[] | undefined
    if (messages?.at(-1)?.text.startsWith('Attempt')) {
      throw new AppError('CONVERSATION_TAKEN_OVER', 'Killed.')
    }
    return put(...parameters)
  })
  const first = await answer(fixture)
  vi.restoreAllMocks()
  const refused = new AppError('UNAUTHENTICATED', 'Sign in to Nautobot again.')
  vi.spyOn(fixture.agent, 'prepare').mockRejectedValue(refused)
  const second = await answer(fixture, { attempt: 2, earlier: first })
  expect(second.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'RUN_INTERRUPTED' })

  const { messages } = (await fixture.checkpointer.getTuple(HEAD))?.checkpoint.channel_values ?? {}
  expect((messages as BaseMessage[]).at(-1)?.text).toMatch(/7 and 7$/)
})

it('makes no call again whose result was shown and then lost', async () => {
  const fixture = start(async (_name, { model: asked }) => {
    // Nothing more of this attempt reaches the store.
    vi.spyOn(fixture.checkpointer, 'put').mockResolvedValue({})
    vi.spyOn(fixture.checkpointer, 'putWrites').mockResolvedValue(undefined)
    return counted(`7${asked}`, { links: [link], isError: asked === 'b' })
  })
  const results = (events: readonly AgentEvent[]) =>
    events.filter(({ type }) => type === 'TOOL_CALL_RESULT').length
  const first = await answer(fixture, { events: 16 })
  expect(results(first)).toBe(2)
  vi.restoreAllMocks()
  const second = await answer(fixture, { attempt: 2, earlier: first })
  const seen = await told([first, second])

  expect(fixture.calls).toHaveBeenCalledTimes(2)
  const { response, steps, footer } = outcomeOf(seen)
  expect(response).toMatch(/7a and 7b$/)
  expect(steps.map(({ isError }) => isError)).toEqual([false, true])
  expect(footer).toMatchObject({ evidence: [link], usage: { toolCalls: 2 } })
  expect((await readAsForeignClient(seen)).failure).toBeUndefined()
})

/** Run started and model told, then of each round of one call: the answer, the call in three, its result in two. */
const afterRounds = (rounds: number) => 2 + 6 * rounds

it('[T18] counts what an attempt that was killed has asked again and again', async () => {
  model.answer(() => [callTool('count', { model: 'a' })])
  const fixture = start()
  const first = await answer(fixture, { events: afterRounds(2) })
  const second = await answer(fixture, { attempt: 2, earlier: first })

  expect(fixture.calls).toHaveBeenCalledTimes(3)
  expect(outcomeOf([...first, ...second]).footer?.gaps).toContainEqual(
    expect.stringMatching(/asked count the same again and again/)
  )
})

it('holds the limits of a run over the death of its replica', async () => {
  model.answer((_request, index) => [callTool('count', { model: `model ${index}` })])
  const fixture = start(undefined, { maxModelCalls: 4 })
  const first = await answer(fixture, { events: afterRounds(3) })
  const asked = model.requests.length
  const second = await answer(fixture, { attempt: 2, earlier: first })
  const { footer, modelCalls } = outcomeOf([...first, ...second])

  expect(model.requests.length - asked).toBe(2)
  expect(footer?.gaps).toContainEqual(expect.stringMatching(/limit of 4 model calls/))
  expect(footer?.usage).toMatchObject({ modelCalls: modelCalls.length, toolCalls: 3 })
})

it('says in the footer what an attempt that was killed knew would be missing', async () => {
  let rounds = 0
  model.answer(({ body }) => {
    if (body.tool_choice === 'none') return [say('Enough.')]
    rounds += 1
    return [callTool('count', { model: `model ${rounds}` })]
  })
  const fixture = start(undefined, { maxToolCalls: 1 })
  const first = await answer(fixture)
  const told = first.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'gap' ? [event.value.sentence] : []
  )
  expect(told).toEqual(outcomeOf(first).footer?.gaps)
  expect(told).toHaveLength(1)

  const missed: AgentEvent = {
    ...{ type: 'CUSTOM', name: 'gap' },
    value: { sentence: 'X is busy: Y answered.' }
  }
  const killed = [...first.slice(0, afterRounds(1)), missed]
  const second = await answer(start(), { attempt: 2, earlier: killed })
  expect(outcomeOf([...killed, ...second]).footer?.gaps).toContain('X is busy: Y answered.')
})

it('asks on with the bytes that the attempt before has sent', async () => {
  const fixture = start()
  const first = await answer(fixture, { events: 14 })
  const asked = model.requests.length
  await answer(fixture, { attempt: 2, earlier: first })
  const beginningOf = (place: number) => {
    const { tools, messages } = model.requests[place]?.body ?? {}
    return JSON.stringify([tools, messages]).slice(0, -2)
  }

  expect(model.requests.length).toBeGreaterThan(asked)
  expect(beginningOf(asked).startsWith(beginningOf(asked - 1))).toBe(true)
})

it('says only the end of a run that had ended but for that', async () => {
  const fixture = start()
  const first = await answer(fixture)
  const asked = model.requests.length
  const second = await answer(fixture, { attempt: 2, earlier: first.slice(0, -2) })

  expect(model.requests).toHaveLength(asked)
  expect(second.map((event) => (event.type === 'CUSTOM' ? event.name : event.type))).toEqual([
    'model',
    'MESSAGES_SNAPSHOT',
    'tool_call',
    'tool_call',
    'model_call',
    'model_call',
    'claims',
    'footer',
    'RUN_FINISHED'
  ])
  expect(outcomeOf(await told([first.slice(0, -2), second])).response).toMatch(/7 and 7$/)
})

it('never calls a run answered that had failed, when only its end was lost', async () => {
  model.answer(() => [refuse(404)])
  const fixture = start()
  const first = await answer(fixture)
  expect(first.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'MODEL_FAILED' })
  const asked = model.requests.length
  // Its end could not be kept: whoever has the run next goes on from what is stored.
  const second = await answer(fixture, { attempt: 2, earlier: first.slice(0, -1) })

  expect(second.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'RUN_INTERRUPTED' })
  expect(outcomeOf(await told([first.slice(0, -1), second])).state).toBe('interrupted')
  expect(model.requests).toHaveLength(asked)
})
