import { expect, it } from 'vitest'
import type { LlmModel, McpServer } from '../../../src/catalog/catalog.ts'
import { createCatalogLoader, type LeftOut } from '../../../src/catalog/catalog-loader.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  llmModelAnswer,
  mcpServerAnswer,
  systemPromptAnswer,
  testClient,
  uuid
} from '../../support/catalog-objects.ts'
import { json, startWireServer } from '../../support/wire-server.ts'

type Lists = Partial<Record<'llm-models' | 'mcp-servers' | 'system-prompts', unknown[]>>

/** A Nautobot with these objects, and a loader for it. */
async function setup(lists: Lists, extraModels: LlmModel[] = []) {
  const leftOut: LeftOut[] = []
  const server = await startWireServer((request) => {
    const objects = lists[request.path.split('/').at(-2) as keyof Lists] ?? []
    const offset = Number(request.query.get('offset'))
    const results = objects.slice(offset, offset + Number(request.query.get('limit')))
    return { count: objects.length, next: null, previous: null, results }
  })
  const load = createCatalogLoader({
    client: testClient(server.url),
    serviceToken: new Secret('service'),
    signal: new AbortController().signal,
    extraModels,
    onLeftOut: (object) => leftOut.push(object),
    now: () => 42
  })
  return { load, leftOut, server }
}

const environmentModel: LlmModel = {
  id: 'environment:openai',
  name: 'environment',
  description: '',
  status: 'Healthy',
  enabled: true,
  isDefault: true,
  provider: 'openai',
  modelName: 'gpt',
  address: '',
  apiVersion: '',
  verifyTls: true,
  timeoutMs: 120_000,
  parameters: {},
  systemPromptId: undefined,
  mcpServerIds: [],
  hasCredential: true,
  contextTokens: 128_000,
  inputPrice: undefined,
  cachedInputPrice: undefined,
  outputPrice: undefined,
  fallbackModelId: undefined,
  redact: false,
  entraTenantId: '',
  entraClientId: '',
  source: 'environment'
}

const docsServer: McpServer = {
  id: uuid(2),
  name: 'docs',
  description: '',
  status: 'Healthy',
  enabled: true,
  address: 'https://mcp.example.com/mcp',
  transport: 'http',
  identity: 'service',
  hasCredential: false,
  credentialHeader: '',
  headers: {},
  verifyTls: true,
  connectTimeoutMs: 5_000,
  timeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  toolPrefix: '',
  allowedTools: [],
  deniedTools: [],
  readOnlyTools: ['get_*'],
  approvalTools: ['get_all'],
  maxResultBytes: 8_388_608,
  source: 'nautobot'
}

it("reads Nautobot's objects in our words", async () => {
  const { load, leftOut, server } = await setup({
    'llm-models': [
      llmModelAnswer(1, 'gpt', { is_default: true, input_price: '0.250000', output_price: 2 })
    ],
    'mcp-servers': [
      mcpServerAnswer(2, 'docs', { read_only_tools: ['get_*'], approval_tools: ['get_all'] })
    ],
    'system-prompts': [systemPromptAnswer(700, 'Default')]
  })

  expect(await load()).toEqual({
    revision: expect.stringMatching(/^[0-9a-f]{16}$/),
    loadedAt: 42,
    llmModels: [
      {
        id: uuid(1),
        name: 'gpt',
        description: '',
        status: 'Healthy',
        enabled: true,
        isDefault: true,
        provider: 'azure-openai',
        modelName: 'gpt',
        address: 'https://llm.example.com/',
        apiVersion: '2024-10-21',
        verifyTls: true,
        timeoutMs: 120_000,
        parameters: { temperature: 0, seed: 1 },
        systemPromptId: uuid(700),
        mcpServerIds: [],
        hasCredential: true,
        contextTokens: 128_000,
        inputPrice: 0.25,
        cachedInputPrice: undefined,
        outputPrice: 2,
        fallbackModelId: undefined,
        redact: false,
        entraTenantId: '',
        entraClientId: '',
        source: 'nautobot'
      }
    ],
    mcpServers: [docsServer],
    systemPrompts: [{ id: uuid(700), name: 'Default', status: 'Approved', text: 'Be brief.' }]
  })
  expect(leftOut).toEqual([])
  expect(server.requests.map((request) => request.headers.authorization)).toEqual(
    Array(3).fill('Token service')
  )
})

it('has the same revision for the same content in another order, and another for other content', async () => {
  const a = llmModelAnswer(1, 'a', { parameters: { seed: 1, top_p: 1 } })
  const reordered = { ...a, parameters: { top_p: 1, seed: 1 } }
  const b = llmModelAnswer(2, 'b')
  const revision = async (models: unknown[]) =>
    (await (await setup({ 'llm-models': models })).load()).revision

  expect(await revision([b, reordered])).toBe(await revision([a, b]))
  expect(await revision([{ ...a, timeout: 121 }, b])).not.toBe(await revision([a, b]))
})

it('freezes everything', async () => {
  const { load } = await setup({ 'llm-models': [llmModelAnswer(1, 'a')] })
  const catalog = await load()

  expect(Object.isFrozen(catalog)).toBe(true)
  expect(Object.isFrozen(catalog.llmModels)).toBe(true)
  expect(Object.isFrozen(catalog.llmModels[0]?.parameters)).toBe(true)
})

it.each([
  ['an unknown provider', { provider: 'other' }, /provider/],
  ['an address of another kind', { remote_url: 'file:///etc/passwd' }, /remote_url/],
  ['no name', { name: '' }, /name/],
  ['a time-out out of range', { timeout: 0 }, /timeout/]
])('leaves out one object with %s and says so', async (_what, overrides, problem) => {
  const { load, leftOut } = await setup({
    'llm-models': [llmModelAnswer(1, 'bad', overrides), llmModelAnswer(2, 'good')]
  })

  expect((await load()).llmModels.map((model) => model.name)).toEqual(['good'])
  expect(leftOut).toEqual([
    { list: 'llm-models', object: expect.any(String), problem: expect.stringMatching(problem) }
  ])
})

it('leaves out a server whose headers Nautobot would have refused, and corrects its time-outs', async () => {
  const { load, leftOut } = await setup({
    'mcp-servers': [
      mcpServerAnswer(1, 'bad', { headers: { Cookie: 'a' } }),
      mcpServerAnswer(2, 'worse', { transport: 'stdio' }),
      mcpServerAnswer(3, 'good', { headers: { 'X-A': 'a' }, timeout: 300, total_timeout: 60 })
    ]
  })

  const [good, ...others] = (await load()).mcpServers
  expect(others).toEqual([])
  expect(good).toMatchObject({
    headers: { 'X-A': 'a' },
    timeoutMs: 300_000,
    totalTimeoutMs: 300_000
  })
  expect(leftOut.map(({ problem }) => problem)).toEqual([
    expect.stringContaining('Remove "Cookie"'),
    expect.stringContaining('transport')
  ])
})

it('leaves out what is no object at all', async () => {
  const { load, leftOut } = await setup({ 'mcp-servers': [null, mcpServerAnswer(1, 'a')] })

  expect((await load()).mcpServers).toHaveLength(1)
  expect(leftOut).toHaveLength(1)
})

it('reads 500 objects of a list on ten pages and says how many it does not read', async () => {
  const models = Array.from({ length: 503 }, (_, place) => llmModelAnswer(place, `m${place}`))
  const { load, leftOut, server } = await setup({ 'llm-models': models })

  expect((await load()).llmModels).toHaveLength(500)
  expect(leftOut).toEqual([
    { list: 'llm-models', object: '3 more', problem: expect.stringContaining('500') }
  ])
  const pages = server.requests.filter((request) => request.path.includes('llm-models'))
  expect(pages).toHaveLength(10)
})

it('says nothing about a list of exactly 500 objects', async () => {
  const models = Array.from({ length: 500 }, (_, place) => llmModelAnswer(place, `m${place}`))
  const { load, leftOut } = await setup({ 'llm-models': models })

  expect((await load()).llmModels).toHaveLength(500)
  expect(leftOut).toEqual([])
})

it("puts the environment's models behind Nautobot's, default only when Nautobot has none", async () => {
  const withDefault = await setup(
    { 'llm-models': [llmModelAnswer(1, 'a', { is_default: true })] },
    [environmentModel]
  )
  const without = await setup({ 'llm-models': [llmModelAnswer(1, 'a')] }, [environmentModel])
  const defaults = async ({ load }: typeof without) =>
    (await load()).llmModels.map(({ name, isDefault }) => [name, isDefault])

  expect(await defaults(withDefault)).toEqual([
    ['a', true],
    ['environment', false]
  ])
  expect(await defaults(without)).toEqual([
    ['a', false],
    ['environment', true]
  ])
})

it.each([
  [403, { detail: 'Invalid token' }, 'NAUTOBOT_REFUSED'],
  [403, { detail: 'You do not have permission to perform this action.' }, 'NAUTOBOT_REFUSED'],
  [404, { detail: 'Not found.' }, 'NAUTOBOT_REFUSED'],
  [500, {}, 'NAUTOBOT_UNAVAILABLE'],
  [200, { devices: [] }, 'NAUTOBOT_UNAVAILABLE']
])('answers no half catalog when a list is answered with %i %j', async (status, body, code) => {
  const server = await startWireServer((request, response) =>
    request.path.includes('mcp-servers') ? json(response, status, body) : { count: 0, results: [] }
  )
  const load = createCatalogLoader({
    client: testClient(server.url),
    serviceToken: new Secret('service'),
    signal: new AbortController().signal,
    onLeftOut: () => undefined
  })

  await expect(load()).rejects.toMatchObject({ code })
})

it('stops with its owner', async () => {
  const owner = new AbortController()
  const server = await startWireServer(() => owner.abort(new Error('closing')))
  const load = createCatalogLoader({
    client: testClient(server.url),
    serviceToken: new Secret('service'),
    signal: owner.signal,
    onLeftOut: () => undefined
  })

  await expect(load()).rejects.toThrow('closing')
})

it('keeps a model without the parameters that may not be sent, and tells of each', async () => {
  const parameters = { temperature: 0.5, top_p: 2, stream: true }
  const { load, leftOut } = await setup({
    'llm-models': [llmModelAnswer(1, 'gpt', { parameters })]
  })
  expect((await load()).llmModels[0]?.parameters).toEqual({ temperature: 0.5 })
  expect(leftOut).toEqual([
    { list: 'llm-models', object: 'gpt', problem: 'Set "top_p" to a number from 0 to 1.' },
    { list: 'llm-models', object: 'gpt', problem: expect.stringMatching(/^Remove "stream"/) }
  ])
})
