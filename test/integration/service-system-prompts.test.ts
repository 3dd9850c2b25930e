import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUILT_IN_PROMPT } from '../../src/agent/built-in-prompt.ts'
import { say, textOf as textOfMessage } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { allOf, ask, customValue, openEvents, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({})
  model.answer(() => [say('Fine.')])
  service = await startLabSidecar(model.url)
})

afterAll(async () => {
  await service.stop()
  await model.stop()
})

async function write(path: string, method: string, body: object) {
  const response = await send(service.url, { path: `/api/v1/${path}`, method, body })
  return { status: response.status, body: await response.json() }
}

const systemPrompt = () => {
  const [first] = model.requests.at(-1)?.body.messages ?? []
  return first ? textOfMessage(first) : ''
}

test('a prompt from Nautobot is used while it is Approved, with its variables, and named in the run', async () => {
  const prompt = { name: 'Tone', status: 'Draft', text: 'Help {{ user }} of {{environment}}.' }
  const created = await write('system-prompts', 'POST', prompt)
  expect(created.status).toBe(201)
  const described = await write('llm-models', 'POST', {
    ...{ name: 'Prompted', provider: 'openai', modelName: 'scripted', status: 'Healthy' },
    remoteUrl: model.url,
    systemPrompt: 'Tone'
  })
  expect(described.status).toBe(201)
  const question = { message: 'How many?', model: 'Prompted' }
  const { conversationId } = await ask(service.url, question)
  expect(systemPrompt()).toBe(BUILT_IN_PROMPT)

  const path = `system-prompts/${created.body.id}`
  expect((await write(path, 'PATCH', { status: 'Approved' })).status).toBe(200)
  const { events } = await openEvents(service.url, { body: { ...question, conversationId } })
  const note = customValue(await allOf(events), 'model')
  expect(systemPrompt()).toBe(`${BUILT_IN_PROMPT}\n\nHelp lab of LAB.`)
  expect(note).toMatchObject({
    prompt: { name: 'Tone', version: expect.stringMatching(/^\w{8}$/) }
  })

  // A change takes effect with the next question, also in a conversation that has begun.
  await write(path, 'PATCH', { text: 'Help {{ user }} well.' })
  await ask(service.url, { ...question, conversationId })
  expect(systemPrompt()).toBe(`${BUILT_IN_PROMPT}\n\nHelp lab well.`)
  const first = systemPrompt()
  await ask(service.url, { ...question, message: 'And now?', conversationId })
  expect(systemPrompt()).toBe(first)

  // What is withdrawn is in force nowhere from then on.
  await write(path, 'PATCH', { status: 'Draft' })
  await ask(service.url, { ...question, message: 'And then?', conversationId })
  expect(systemPrompt()).toBe(BUILT_IN_PROMPT)
})

test('a word in braces that is no variable is refused', async () => {
  const { status, body } = await write('system-prompts', 'POST', {
    ...{ name: 'Dated', status: 'Draft' },
    text: 'Today is {{date}}.'
  })
  expect(status).toBe(400)
  expect(body.error.details.fields).toEqual([
    { path: 'text', message: expect.stringMatching(/^Remove "\{\{date\}\}"/) }
  ])
})
