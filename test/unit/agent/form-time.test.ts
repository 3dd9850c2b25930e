import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Elicit } from '../../../src/elicitation.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import type { ToolContext } from '../../../src/tool-server.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

const FORM = { server: 'windows', tool: 'plan', message: 'Who?', fields: [] }
const MAX_RUN_MS = 5_000

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({})
})
afterEach(() => model.stop())

/** Calls so often side by side, then says what came of it. */
function callTimes(times: number): void {
  model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0 || request.body.tool_choice === 'none') {
      return [say(results.map(textOf).join(' | ') || 'Nothing.')]
    }
    return Array.from({ length: times }, (_, place) => callTool('count', { model: `m${place}` }))
  })
}

type Work = (elicit: (maxWaitMs?: number) => ReturnType<Elicit>, context: ToolContext) => unknown

interface Person {
  /** Undefined: never answers. */
  readonly thinksMs?: number
  readonly maxFormWaitMs?: number
}

/** A run of five seconds, whose tool does the work that is given, and a person who fills in every form. */
async function answer(work: Work, { thinksMs, maxFormWaitMs = 60_000 }: Person = {}) {
  const { ask, runs, eventsOf } = startAgentFixture({
    ...{ url: model.url, maxRunMs: MAX_RUN_MS, maxFormWaitMs },
    tools: () =>
      toolSet(async (_name, _args, context) => {
        const { signal, onElicit = async () => undefined } = context
        const elicit = (maxWaitMs = 60_000) => onElicit(FORM, { maxWaitMs, signal })
        return counted(String(await work(elicit, context)))
      })
  })
  const startedAt = performance.now()
  const { runId } = await ask('Plan it', { canAnswer: true })
  let asked = 0
  const alice = caller()
  const { signal } = new AbortController()
  const person = async () => {
    for await (const { json } of runs.events(alice, runId, { afterId: undefined, signal })) {
      const event = JSON.parse(json)
      if (event.name !== 'elicitation_requested') continue
      asked += 1
      if (thinksMs === undefined) continue
      const { elicitationId } = event.value
      void sleep(thinksMs)
        .then(() =>
          runs.answer(alice, runId, {
            ...{ elicitationId, correlationId: 'c-1', signal },
            answer: { action: 'accept', content: {} }
          })
        )
        .catch(() => undefined)
    }
  }
  await person()
  const tookMs = performance.now() - startedAt
  return { ...outcomeOf(await eventsOf(runId)), asked, tookMs }
}

test('who thinks longer than a run may take gets a whole answer, with two forms side by side', async () => {
  callTimes(2)
  let calls = 0
  const answered = await answer(
    async (elicit) => {
      const place = calls++
      await sleep(place * 1_000)
      return (await elicit())?.action
    },
    { thinksMs: 5_000 }
  )
  expect(answered).toMatchObject({ state: 'succeeded', response: 'accept | accept', asked: 2 })
  expect(answered.footer?.gaps).toEqual([])
  expect(answered.tookMs).toBeGreaterThan(MAX_RUN_MS)
})

test('a tool that is slow after its form is ended at the limit', async () => {
  callTimes(1)
  const answered = await answer(
    async (elicit, { signal }) => {
      await elicit()
      await sleep(20_000, undefined, { signal })
    },
    { thinksMs: 1_500 }
  )
  expect(answered).toMatchObject({ state: 'succeeded', asked: 1 })
  expect(answered.footer?.gaps).toEqual([
    'count was not finished in time.',
    'The limit of 5 seconds for one question was reached.'
  ])
  expect(answered.tookMs).toBeGreaterThan(1_500 + 0.8 * MAX_RUN_MS - 100)
  expect(answered.tookMs).toBeLessThan(1_500 + 2 * MAX_RUN_MS)
})

test('a server that asks again and again has its asker waited for so long in all', async () => {
  callTimes(1)
  const words: unknown[] = []
  const answered = await answer(
    async (elicit) => {
      for (let times = 0; times < 10; times += 1) words.push((await elicit(1_500))?.action)
      return 'Given up.'
    },
    { maxFormWaitMs: 3_600 }
  )
  expect(answered).toMatchObject({ state: 'succeeded', response: 'Given up.', asked: 2 })
  expect(words).toEqual(Array.from({ length: 10 }, () => undefined))
  expect(answered.tookMs).toBeLessThan(10 * 1_500)
})
