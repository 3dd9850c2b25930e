import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, type Respond, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { freePort } from '../support/ports.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { ask, refusalOf, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const message = 'What do the tickets and the weather say?'

let model: ScriptedModel
let tickets: FaultMcpServer
let weather: FaultMcpServer
let service: LabSidecar

beforeAll(async () => {
  ;[model, tickets, weather] = await Promise.all([
    startScriptedModel({}),
    startFaultMcpServer(),
    startFaultMcpServer()
  ])
  service = await startLabSidecar(model.url)
})

afterAll(async () => {
  await service.stop()
  await Promise.all([model, tickets, weather].map((peer) => peer.stop()))
})

async function write(method: string, path: string, body?: object) {
  const response = await send(service.url, { path: `/api/v1${path}`, method, body })
  return response.status === 204 ? undefined : await response.json()
}

/** An MCP server of this test alone, as an administrator describes it. */
async function described(name: string, remoteUrl: string, change: object = {}): Promise<string> {
  const server = { name, remoteUrl, status: 'Healthy', readOnlyTools: ['*'], ...change }
  const { id } = await write('POST', '/mcp-servers', server)
  onTestFinished(async () => void (await write('DELETE', `/mcp-servers/${id}`)))
  return id
}

/** Calls these tools at once, then answers with their results. */
function calling(...names: readonly string[]): Respond {
  return (request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0) return [say(results.map(textOf).join('\n'))]
    if (names.length === 0) return [say('Fine.')]
    return names.map((name) => callTool(name, { text: `from ${name}` }))
  }
}

/** Tools that the model was offered last, without Nautobot's. */
function foreignTools(): string[] {
  const offered = model.requests.at(-1)?.body.tools?.map(({ function: { name } }) => name) ?? []
  expect(offered).toContain('count')
  return offered.filter((name) => name.endsWith('_echo'))
}

const choiceOf = async (id: string) => (await write('GET', `/conversations/${id}`)).choice

test('[A7] a question that needs two servers asks both, and one that chooses asks no other', async () => {
  await described('tickets', tickets.url)
  await described('weather', weather.url)
  model.answer(calling('tickets_echo', 'weather_echo'))
  const both = await ask(service.url, { message })
  expect(both.toolCalls.map(({ server, isError }) => [server, isError])).toEqual([
    ['tickets', false],
    ['weather', false]
  ])
  expect(both.response).toContain('from tickets_echo')
  expect(both.response).toContain('from weather_echo')
  expect(both.gaps).toEqual([])

  const calls = weather.asked('tools/call').length
  model.answer(calling('tickets_echo'))
  const one = await ask(service.url, { message, mcpServers: ['tickets'] })
  expect(foreignTools()).toEqual(['tickets_echo'])
  expect(one.toolCalls.map(({ server }) => server)).toEqual(['tickets'])
  expect(weather.asked('tools/call')).toHaveLength(calls)

  model.answer(calling())
  const none = await ask(service.url, { message, mcpServers: [] })
  expect(foreignTools()).toEqual([])
  expect(none.gaps).toEqual([])
})

test('[A7] a choice stays with its conversation until the next one, and is nobody else’s', async () => {
  const ids = [await described('tickets', tickets.url), await described('weather', weather.url)]
  model.answer(calling())
  const { conversationId } = await ask(service.url, { message, mcpServers: ['tickets'] })
  await ask(service.url, { message, conversationId })
  expect(foreignTools()).toEqual(['tickets_echo'])
  expect(await choiceOf(conversationId)).toEqual({ mcpServers: [{ id: ids[0], name: 'tickets' }] })

  await ask(service.url, { message })
  expect(foreignTools()).toEqual(['tickets_echo', 'weather_echo'])
  await ask(service.url, { message, conversationId, mcpServers: null })
  expect(foreignTools()).toEqual(['tickets_echo', 'weather_echo'])
  expect(await choiceOf(conversationId)).toEqual({})
})

test('[C5] the footer names each chosen server that could not be asked, and the rest is', async () => {
  const dead = `http://127.0.0.1:${await freePort()}/mcp`
  await described('tickets', tickets.url)
  await described('off', weather.url, { enabled: false })
  await described('resting', weather.url, { status: 'Maintenance' })
  await described('dead', dead)
  const gone = await described('gone', weather.url)
  model.answer(calling('tickets_echo'))
  const mcpServers = ['tickets', 'off', 'resting', 'dead', 'gone']
  const { conversationId } = await ask(service.url, { message, mcpServers })
  await write('DELETE', `/mcp-servers/${gone}`)

  const lasting = [
    'off could not be asked: it is disabled.',
    'resting could not be asked: it is in maintenance.',
    'dead could not be asked: the connection was refused.'
  ]
  const next = await ask(service.url, { message, conversationId })
  expect(next.toolCalls.map(({ isError }) => isError)).toEqual([false])
  expect(new Set(next.gaps)).toEqual(
    new Set(['gone could not be asked: it is not there any more.', ...lasting])
  )
  const third = await ask(service.url, { message, conversationId })
  expect(new Set(third.gaps)).toEqual(new Set(lasting))

  const unknown = await send(service.url, { body: { message, mcpServers: ['tickets', 'gone'] } })
  expect((await refusalOf(unknown)).code).toBe('UNKNOWN_TOOL_SERVER')
})

test('[A7] a model says which servers its conversations begin with, from the next question on', async () => {
  const ids = [await described('tickets', tickets.url), await described('weather', weather.url)]
  const { id } = await write('POST', '/llm-models', {
    ...{ name: 'narrow', status: 'Healthy', provider: 'openai', modelName: 'scripted' },
    ...{ remoteUrl: model.url, isDefault: true, mcpServers: ['tickets'] }
  })
  model.answer(calling())
  const { conversationId } = await ask(service.url, { message })
  expect(foreignTools()).toEqual(['tickets_echo'])
  const { models } = await write('GET', '/chat/options')
  expect(models).toContainEqual(expect.objectContaining({ name: 'narrow', mcpServers: [ids[0]] }))

  await write('PATCH', `/llm-models/${id}`, { mcpServers: [ids[1]] })
  await ask(service.url, { message, conversationId })
  expect(foreignTools()).toEqual(['weather_echo'])
  await ask(service.url, { message, conversationId, mcpServers: ['tickets', 'weather'] })
  expect(foreignTools()).toEqual(['tickets_echo', 'weather_echo'])

  const changed = await write('PATCH', `/llm-models/${id}`, { mcpServers: [] })
  expect(changed.mcpServers).toEqual([])
  await ask(service.url, { message, conversationId, mcpServers: null })
  expect(foreignTools()).toEqual(['tickets_echo', 'weather_echo'])
  await write('DELETE', `/llm-models/${id}`)
})
