import { afterAll, beforeAll, expect, test } from 'vitest'
import { conversationSchema } from '../../src/http/conversation-schemas.ts'
import { callTool, type ModelStep, say } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { ask, viewRun } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const CANARY = 'canary-model-key-7d21'

let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({})
  service = await startLabSidecar(model.url, { OPENAI_API_KEY: CANARY })
})

afterAll(async () => {
  await service?.stop()
  await model?.stop()
})

/** The model calls a tool, then says this; from then on it says it at once. */
function answerWith(call: ModelStep, text: string): void {
  let asked = 0
  model.answer(() => {
    asked += 1
    return asked === 1 ? [call] : [say(text)]
  })
}

const page = async (url: string) => new URL(url, service.url).pathname

test('names of a long list lead to their pages, and what is invented is marked', async () => {
  answerWith(
    callTool('find', { model: 'device', filters: { location: ['AMS01'] } }),
    'At AMS01 there are 12 devices, such as ams01-rtr-01 and ams01-rtr-09.'
  )
  const answer = await ask(service.url, { message: 'Which devices are there?' })
  const { claims, gaps } = answer

  expect(claims).toMatchObject({ missing: 1 })
  const marks = new Map(claims?.marks.map((mark) => [mark.text, mark]))
  expect(marks.get('ams01-rtr-09')).toMatchObject({ verdict: 'missing' })
  expect(marks.get('12')?.url).toMatch(/\/dcim\/devices\/\?location=AMS01&clear_view=true$/)
  expect(await page(marks.get('ams01-rtr-01')?.url ?? '')).toMatch(
    /^\/dcim\/devices\/[0-9a-f-]{36}\/$/
  )
  expect(gaps).toContain('Not found in the data: ams01-rtr-09.')

  const read = await fetch(`${service.url}/api/v1/conversations/${answer.conversationId}`)
  const { messages } = conversationSchema.parse(await read.json())
  expect(messages.at(-1)?.claims).toEqual(claims)
})

test('a run tells how each step is asked by hand, and carries no secret', async () => {
  answerWith(
    callTool('count', { model: 'devices', filters: { location: ['AMS01'] } }),
    'There are 12 devices.'
  )
  const { runId } = await ask(service.url, { message: 'How many devices are at AMS01?' })
  const run = await viewRun(service.url, runId)
  const [step] = run.steps

  expect(run.modelCalls).toHaveLength(2)
  expect(step?.bytes).toBe(Buffer.byteLength(step?.result ?? ''))
  expect(step?.recipes?.pynautobot).toContain('dcim.devices.count(location=["AMS01"])')
  expect(step?.recipes?.graphql).toBe('{ devices(location: ["AMS01"]) { id name } }')
  const curl = /'(http[^']+)'$/.exec(step?.recipes?.curl ?? '')?.[1] ?? ''
  expect(new URL(curl).pathname).toBe('/api/dcim/devices/')
  expect(JSON.stringify(run)).not.toContain(CANARY)
})
