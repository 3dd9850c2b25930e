import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AgentEvent, ApprovalAction } from '../../../src/agent/agent-events.ts'
import { LEFT, STOPPED, type Turn } from '../../../src/agent/agent-turn.ts'
import type { AgentLimits } from '../../../src/agent/run-limits.ts'
import { abortable } from '../../../src/platform/abortable.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import type { ToolDefinition, ToolSet } from '../../../src/tool-server.ts'
import {
  type AgentFixture,
  caller,
  counted,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { longDeadline } from '../../support/long-deadline.ts'
import { callTool, say, textOf } from '../../support/model-steps.ts'
import { CONVERSATION_ID, RUN_ID, STARTED } from '../../support/run-events.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

/** Reads once and acts twice in one answer, then says what came of it. */
beforeEach(async () => {
  model = await startScriptedModel({
    respond: ({ body }) => {
      const results = body.messages.filter(({ role }) => role === 'tool')
      if (results.length > 0) return [say(results.map(textOf).join(' | '))]
      return [
        say('Let me do that.'),
        callTool('open_ticket', { title: 'one' }),
        callTool('count', { model: 'a' }),
        callTool('reboot', { device: 'two' })
      ]
    }
  })
})
afterEach(() => model.stop())

function definition(name: string, change: Partial<ToolDefinition> = {}): ToolDefinition {
  const inputSchema = { type: 'object', properties: { title: { type: 'string' } } }
  return { name, description: name, inputSchema, server: 'tickets', readOnly: false, ...change }
}

const COUNT = definition('count', { server: 'nautobot', readOnly: true })
const TOOLS = [COUNT, definition('open_ticket', { origin: 'a' }), definition('reboot')]

function start(
  tools: { current: readonly ToolDefinition[] } = { current: TOOLS },
  limits: Partial<AgentLimits> = {}
) {
  const call = vi.fn<ToolSet['call']>(async (name) => counted(`${name} done`))
  const fixture = startAgentFixture({
    url: model.url,
    limits,
    tools: () => toolSet(call, { tools: tools.current })
  })
  return { ...fixture, call, called: () => call.mock.calls.map(([name]) => name) }
}

interface Attempt {
  readonly attempt?: number
  readonly earlier?: readonly AgentEvent[]
  readonly runId?: string
  /** Killed after so many events. */
  readonly events?: number
  /** Killed then, whatever it does. */
  readonly killAfterMs?: number
  /** Before it began. */
  readonly isStopped?: boolean
}

async function answer({ agent }: AgentFixture, options: Attempt = {}): Promise<AgentEvent[]> {
  const { attempt = 1, earlier = [], runId = RUN_ID, events = Number.POSITIVE_INFINITY } = options
  const dying = new AbortController()
  const { signal } = new AbortController()
  const turn: Turn = {
    ...{ runId, conversationId: CONVERSATION_ID, attempt, earlier },
    ...{ username: 'jane', fence: undefined, question: 'Do it', page: undefined },
    branch: { replaces: undefined, after: undefined },
    plan: () =>
      agent.prepare(
        { caller: caller(), model: undefined, mcpServers: undefined },
        { signal, correlationId: 'c-1' }
      ),
    beginCall: async () => true,
    deadline: longDeadline(),
    correlationId: 'c-1'
  }
  const seen: AgentEvent[] = attempt === 1 ? [STARTED] : []
  if (events === 0) dying.abort(LEFT)
  if (options.isStopped) dying.abort(STOPPED)
  if (options.killAfterMs) setTimeout(() => dying.abort(LEFT), options.killAfterMs)
  for await (const event of agent.run(turn, dying.signal)) {
    if (seen.length >= events) dying.abort(LEFT)
    else seen.push(event)
  }
  return seen
}

function awaited(events: readonly AgentEvent[]): readonly ApprovalAction[] {
  const last = events.at(-1)
  const isRequest = last?.type === 'CUSTOM' && last.name === 'approval_requested'
  if (!isRequest) throw new Error(`The run does not wait: ${JSON.stringify(last)}`)
  return last.value.actions
}

function decided(
  { toolCallId, hash }: ApprovalAction,
  decision: 'approve' | 'reject',
  reason?: string
): AgentEvent {
  const decidedAt = '2026-11-26T10:00:00.000Z'
  const value = { toolCallId, decision, hash, decidedAt, ...(reason !== undefined && { reason }) }
  return { type: 'CUSTOM', name: 'approval_decided', value }
}

/** Decisions in the order of the actions. */
function decide(events: readonly AgentEvent[], ...decisions: ('approve' | 'reject')[]) {
  const actions = awaited(events)
  const told = actions.map((action, place) => {
    const decision = decisions[place] ?? 'approve'
    return decided(action, decision, decision === 'reject' ? 'Not at night.' : undefined)
  })
  return [...events, ...told]
}

const resultsOf = (events: readonly AgentEvent[]) =>
  outcomeOf(events).steps.map(({ name, result }) => [name, result])

it('[T26] reads at once, asks once for all that has effects, and runs only what was approved', async () => {
  const fixture = start()
  const first = await answer(fixture)

  expect(fixture.called()).toEqual(['count'])
  expect(awaited(first)).toMatchObject([
    { name: 'open_ticket', server: 'tickets', arguments: { title: 'one' } },
    { name: 'reboot', server: 'tickets', arguments: { device: 'two' } }
  ])
  expect(outcomeOf(first).state).toBe('waiting')
  const second = await answer(fixture, { attempt: 2, earlier: decide(first, 'approve', 'reject') })

  expect(fixture.called()).toEqual(['count', 'open_ticket'])
  const all = [...decide(first, 'approve', 'reject'), ...second]
  for (const event of all) EventSchemas.parse(event)
  expect(outcomeOf(all).state).toBe('succeeded')
  expect(resultsOf(all)).toEqual([
    ['open_ticket', 'open_ticket done'],
    ['count', 'count done'],
    ['reboot', expect.stringMatching(/rejected this call\. Their reason: Not at night\./)]
  ])
  const { modelCalls, footer } = outcomeOf(all)
  expect(modelCalls.map(({ number }) => number)).toEqual([1, 2])
  expect(footer?.usage).toMatchObject({
    modelCalls: 2,
    inputTokens: modelCalls.reduce((sum, call) => sum + call.inputTokens, 0)
  })
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual([
    ...['system', 'user', 'assistant', 'tool', 'tool', 'tool']
  ])
  expect(model.requests).toHaveLength(2)
})

it('asks again, with nothing run, when it is taken over before everything is decided', async () => {
  const fixture = start()
  const first = await answer(fixture)
  const [action] = awaited(first)
  const half = action ? [decided(action, 'approve')] : []
  const second = await answer(fixture, { attempt: 2, earlier: [...first, ...half] })

  expect(awaited(second)).toEqual(awaited(first))
  expect(fixture.called()).toEqual(['count'])
})

it('comes to the same end, wherever the attempt after the decision is killed', async () => {
  const length = await (async () => {
    const fixture = start()
    const first = await answer(fixture)
    return (await answer(fixture, { attempt: 2, earlier: decide(first, 'approve', 'reject') }))
      .length
  })()
  expect(length).toBeGreaterThan(8)
  for (let events = 0; events < length; events += 1) {
    const fixture = start()
    const first = decide(await answer(fixture), 'approve', 'reject')
    const second = await answer(fixture, { attempt: 2, earlier: first, events })
    const third = await answer(fixture, { attempt: 3, earlier: [...first, ...second] })
    const outcome = outcomeOf([...first, ...second, ...third])

    expect(outcome.state).toBe('succeeded')
    expect(outcome.response).toMatch(/^open_ticket done \| count done \| Not called: the person/)
    expect(fixture.called().filter((name) => name === 'reboot')).toEqual([])
    expect(fixture.called().filter((name) => name === 'count')).toEqual(['count'])
  }
})

it.each([
  ['its server has moved', definition('open_ticket', { origin: 'b' }), /changed after/],
  [
    'its schema has changed',
    definition('open_ticket', { origin: 'a', inputSchema: {} }),
    /changed/
  ],
  ['it is gone', undefined, /not offered any more/]
])('does not make an approved call when %s', async (_what, tool, words) => {
  const tools = { current: TOOLS as readonly ToolDefinition[] }
  const fixture = start(tools)
  const first = decide(await answer(fixture), 'approve', 'approve')
  tools.current = [COUNT, ...(tool ? [tool] : []), definition('reboot')]
  const second = await answer(fixture, { attempt: 2, earlier: first })

  expect(fixture.called()).toEqual(['count', 'reboot'])
  expect(resultsOf([...first, ...second])[0]).toEqual(['open_ticket', expect.stringMatching(words)])
})

it('makes no call for arguments other than those that were shown', async () => {
  const fixture = start()
  const first = await answer(fixture)
  const [one, two] = awaited(first)
  const swapped =
    one && two ? [decided({ ...one, hash: two.hash }, 'approve'), decided(two, 'reject')] : []
  await answer(fixture, { attempt: 2, earlier: [...first, ...swapped] })

  expect(fixture.called()).toEqual(['count'])
})

it('makes no call unasked whose tool had no effects when the model asked for it, and may have now', async () => {
  const tools = { current: TOOLS.map((tool) => ({ ...tool, readOnly: true })) }
  const fixture = start(tools)
  fixture.call.mockImplementation((_name, _args, { signal }) =>
    abortable(new Promise<never>(() => undefined), signal)
  )
  const first = await answer(fixture, { events: 12, killAfterMs: 200 })
  fixture.call.mockReset().mockImplementation(async (name) => counted(`${name} done`))
  tools.current = [...TOOLS]
  const second = await answer(fixture, { attempt: 2, earlier: first })

  expect(fixture.called()).toEqual(['count'])
  expect(resultsOf([...first, ...second])).toMatchObject([
    ['open_ticket', expect.stringMatching(/may have effects and was not approved/)],
    ['count', 'count done'],
    ['reboot', expect.stringMatching(/was not approved/)]
  ])
})

it('has a valid history when it is stopped while it waits, and answers the next question', async () => {
  const fixture = start()
  const first = await answer(fixture)
  const second = await answer(fixture, { attempt: 2, earlier: first, isStopped: true })
  expect(outcomeOf([...first, ...second]).state).toBe('stopped')

  const next = await answer(fixture, { runId: 'run-2' })
  expect(outcomeOf(next)).toMatchObject({ state: 'succeeded' })
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual([
    ...['system', 'user', 'assistant', 'tool', 'tool', 'tool', 'user']
  ])
  expect(fixture.called()).toEqual(['count'])
})

it('counts what a run has used before a person was asked, and tells each request and decision once', async () => {
  await model.stop()
  let round = 0
  model = await startScriptedModel({
    respond: ({ body }) => {
      if (body.tool_choice === 'none') return [say('Enough.')]
      round += 1
      return [callTool('reboot', { device: `d${round}` })]
    }
  })
  const fixture = start(undefined, { maxModelCalls: 4 })
  let earlier = await answer(fixture)
  let waits = 0
  while (outcomeOf(earlier).state === 'waiting') {
    waits += 1
    expect(waits).toBeLessThan(10)
    const decided = decide(earlier, 'approve')
    earlier = [...decided, ...(await answer(fixture, { attempt: waits + 1, earlier: decided }))]
  }

  const { modelCalls, footer, response, approvals } = outcomeOf(earlier)
  expect(waits).toBe(3)
  expect(modelCalls.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  expect(response).toBe('Enough.')
  expect(footer?.gaps).toEqual(['The limit of 4 model calls for one question was reached.'])
  expect(approvals).toHaveLength(3)
  const attempt = earlier.slice(earlier.findLastIndex(({ type }) => type === 'MESSAGES_SNAPSHOT'))
  const told = attempt.flatMap((event) => (event.type === 'CUSTOM' ? [event.name] : []))
  expect(told.filter((name) => name === 'approval_requested')).toHaveLength(3)
  expect(told.filter((name) => name === 'approval_decided')).toHaveLength(3)
})
