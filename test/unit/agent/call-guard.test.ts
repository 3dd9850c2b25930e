import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprintOf } from '../../../src/agent/call-fingerprint.ts'
import { createCallGuard } from '../../../src/agent/call-guard.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({})
})
afterEach(() => model.stop())

const print = (args: Record<string, unknown>, name = 'count') => fingerprintOf({ name, args })

it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
  ['order of values', { in: ['x', 'y'] }, { in: ['y', 'x'] }],
  ['white space', { name: ' core  switch ' }, { name: 'core switch' }],
  ['case', { name: 'AMS01' }, { name: 'ams01' }],
  ['text or number', { id: 5, on: true }, { id: '5', on: 'true' }],
  ['one value or a list of it', { site: 'x' }, { site: ['x'] }],
  ['left out or empty', { filters: {}, top: null, names: [] }, {}],
  ['a value said twice', { site: ['x', 'X '] }, { site: 'x' }]
])('sees the same call whatever the %s', (_name, left, right) => {
  expect(print(left)).toBe(print(right))
})

it.each<[Record<string, unknown>, Record<string, unknown>]>([
  [{ site: 'x' }, { site: 'y' }],
  [{ site: 'x' }, { role: 'x' }],
  [{ offset: 0 }, { offset: 25 }],
  [{ on: false }, {}],
  [{ a: { b: 1 } }, { a: 1 }],
  [{ in: ['x', 'y'] }, { in: ['x'] }]
])('tells %j from %j', (left, right) => {
  expect(print(left)).not.toBe(print(right))
})

it('tells tools apart', () => {
  expect(print({}, 'count')).not.toBe(print({}, 'find'))
})

it('has one fingerprint for whatever arguments a model writes', () => {
  const args = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 25 }))
  fc.assert(
    fc.property(args, (one) => {
      const turned = Object.fromEntries(Object.entries(one).toReversed())
      expect(print(turned)).toBe(print(one))
    }),
    { numRuns: 200 }
  )
})

it('refuses the fourth of the same calls, and is stuck with the fifth', () => {
  const guard = createCallGuard(toolSet().tools)
  const call = (model: string) => guard.refusalOf({ id: 'x', name: 'count', args: { model } }, 1)
  expect(['device', 'Device', ' device'].map(call)).toEqual([undefined, undefined, undefined])
  expect(call('device')).toMatchObject({ isError: true, text: expect.stringContaining('the same') })
  expect(guard.stuckOn()).toBeUndefined()
  expect(call('rack')).toBeUndefined()
  expect(call('DEVICE')).toBeDefined()
  expect(guard.stuckOn()).toBe('count')
})

it('[T18] stops a model that repeats nearly the same call, and answers with what it has', async () => {
  const spellings = ['device', 'Device', ' DEVICE', 'device ', 'dEVICE', 'devicE', 'device', 'x']
  model.answer(({ body }, index) =>
    body.tool_choice === 'none'
      ? [say('So far: 7.')]
      : [callTool('count', { model: spellings[index] })]
  )
  let calls = 0
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    limits: { maxModelCalls: 20, maxToolCalls: 50 },
    tools: () =>
      toolSet(async () => {
        calls += 1
        return counted('7')
      })
  })
  const outcome = outcomeOf(await eventsOf((await ask('How many?')).runId))

  expect(calls).toBe(3)
  expect(model.requests).toHaveLength(6)
  expect(outcome).toMatchObject({ state: 'succeeded', response: 'So far: 7.' })
  expect(outcome.footer?.gaps).toEqual([
    'count was asked the same 3 times, and not once more.',
    'The model asked count the same again and again; it was stopped.'
  ])
})

it('does not stop a model that turns pages', async () => {
  model.answer((_request, index) =>
    index < 6 ? [callTool('count', { model: 'device', offset: index * 25 })] : [say('All read.')]
  )
  const { ask, eventsOf } = startAgentFixture({ url: model.url, limits: { maxModelCalls: 20 } })
  const outcome = outcomeOf(await eventsOf((await ask('List all')).runId))
  expect(outcome).toMatchObject({ response: 'All read.', footer: { gaps: [] } })
})
