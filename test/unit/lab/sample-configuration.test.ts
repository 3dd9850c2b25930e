import { expect, test } from 'vitest'
import { MAX_CONFIGURATION_OBJECTS } from '../../../src/lab/sample-configuration.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { startSample } from './support/sample.ts'

const BASE = '/api/plugins/ai-ops'
const SERVER = { name: 'a', status: 'Healthy', remote_url: 'https://mcp.example.com/mcp' }
const MODEL = { name: 'm', status: 'Healthy', provider: 'openai', model_name: 'gpt' }

test('creates, changes and deletes an object', async () => {
  const { ask, count } = await startSample()
  const created = await ask(`${BASE}/mcp-servers/`, { body: SERVER })
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({ display: 'a', enabled: true, timeout: 30 })
  const path = `${BASE}/mcp-servers/${created.body.id}/`
  const changed = await ask(path, { method: 'PATCH', body: { timeout: 5, unknown: 1 } })
  expect([changed.status, changed.body.timeout, changed.body.name]).toEqual([200, 5, 'a'])
  expect(await count(`${BASE}/mcp-servers/?name=a&status=Healthy&enabled=true`)).toBe(1)
  expect((await ask(path, { method: 'DELETE' })).status).toBe(204)
  expect((await ask(path)).status).toBe(404)
})

test.each<
  [what: string, list: string, body: Record<string, unknown>, field: string, message: string]
>([
  ['a missing field', 'mcp-servers', { name: 'b' }, 'remote_url', 'This field is required.'],
  ['a blank name', 'mcp-servers', { ...SERVER, name: ' ' }, 'name', 'may not be blank'],
  [
    'a status of other models',
    'mcp-servers',
    { ...SERVER, status: 'Active' },
    'status',
    'Related object not found'
  ],
  [
    'an address of another scheme',
    'mcp-servers',
    { ...SERVER, remote_url: 'ftp://x' },
    'remote_url',
    'http:// or https://'
  ],
  [
    'a credential in the address',
    'mcp-servers',
    { ...SERVER, remote_url: 'https://u:p@x/' },
    'remote_url',
    'secrets group'
  ],
  [
    'a time-out that is too long',
    'mcp-servers',
    { ...SERVER, timeout: 601 },
    'timeout',
    'less than or equal to 600'
  ],
  [
    'a header',
    'mcp-servers',
    { ...SERVER, headers: { Cookie: 'a' } },
    'headers',
    'Remove "Cookie"'
  ],
  [
    'a header of a credential',
    'mcp-servers',
    { ...SERVER, credential_header: 'Host' },
    'credential_header',
    "server's own"
  ],
  [
    'a command',
    'mcp-servers',
    { ...SERVER, transport: 'stdio' },
    'transport',
    'not a valid choice'
  ],
  ['a prefix', 'mcp-servers', { ...SERVER, tool_prefix: 'a b' }, 'tool_prefix', 'letters, digits'],
  [
    'a total below one call',
    'mcp-servers',
    { ...SERVER, timeout: 30, total_timeout: 29 },
    'total_timeout',
    'at least the 30 seconds'
  ],
  [
    'a result of nothing',
    'mcp-servers',
    { ...SERVER, max_result_bytes: 1_023 },
    'max_result_bytes',
    'greater than or equal to 1024'
  ],
  [
    'no list of tools',
    'mcp-servers',
    { ...SERVER, denied_tools: 'a' },
    'denied_tools',
    'JSON list'
  ],
  [
    'no name of a tool',
    'mcp-servers',
    { ...SERVER, allowed_tools: ['a b'] },
    'allowed_tools',
    'names'
  ],
  [
    'a time-out of nothing',
    'mcp-servers',
    { ...SERVER, timeout: 0 },
    'timeout',
    'greater than or equal to 1'
  ],
  [
    'a text for a boolean',
    'mcp-servers',
    { ...SERVER, enabled: 'yes' },
    'enabled',
    'valid boolean'
  ],
  [
    'an unknown provider',
    'llm-models',
    { ...MODEL, provider: 'x' },
    'provider',
    'not a valid choice'
  ],
  [
    'Azure without an address',
    'llm-models',
    { ...MODEL, provider: 'azure-openai' },
    'remote_url',
    'Azure OpenAI'
  ],
  [
    'an unknown parameter',
    'llm-models',
    { ...MODEL, parameters: { n: 2 } },
    'parameters',
    'Remove "n"'
  ],
  [
    'a parameter out of range',
    'llm-models',
    { ...MODEL, parameters: { temperature: 3 } },
    'parameters',
    'from 0 to 2'
  ],
  [
    'a prompt without a text',
    'system-prompts',
    { name: 'p', status: 'Draft' },
    'text',
    'This field is required.'
  ]
])('refuses %s', async (_what, list, body, field, message) => {
  const { ask } = await startSample()
  const answer = await ask(`${BASE}/${list}/`, { body })
  expect(answer.status).toBe(400)
  expect(answer.body[field].join()).toContain(message)
})

test('refuses a name that is taken, and lets an object keep its own', async () => {
  const { ask } = await startSample({ mcpServers: [{ name: 'a', remote_url: 'http://x/' }] })
  const taken = await ask(`${BASE}/mcp-servers/`, { body: SERVER })
  expect(taken.body).toEqual({ name: ['MCP server with this name already exists.'] })
  const { body } = await ask(`${BASE}/mcp-servers/`)
  const same = await ask(`${BASE}/mcp-servers/${body.results[0].id}/`, {
    method: 'PATCH',
    body: { name: 'a' }
  })
  expect(same.status).toBe(200)
})

test('lets the last one that is made the default win', async () => {
  const { ask } = await startSample()
  await ask(`${BASE}/llm-models/`, { body: { ...MODEL, is_default: true } })
  await ask(`${BASE}/llm-models/`, { body: { ...MODEL, name: 'n', is_default: true } })
  const { body } = await ask(`${BASE}/llm-models/?is_default=true`)
  expect(body.results.map(({ name }: { name: string }) => name)).toEqual(['n'])
})

test('keeps a prompt that a model uses', async () => {
  const { ask } = await startSample({ systemPrompts: [{ name: 'p', text: 'Be brief.' }] })
  await ask(`${BASE}/llm-models/`, { body: { ...MODEL, system_prompt: { name: 'p' } } })
  const { body } = await ask(`${BASE}/system-prompts/`)
  const answer = await ask(`${BASE}/system-prompts/${body.results[0].id}/`, { method: 'DELETE' })
  expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('1 dependent')])
})

test('refuses to write for the restricted user and the service account', async () => {
  const { ask } = await startSample()
  for (const who of ['restricted', 'service'] as const) {
    expect((await ask(`${BASE}/mcp-servers/`, { who, body: SERVER })).status).toBe(403)
  }
})

test('keeps a bounded number of objects', async () => {
  const many = Array.from({ length: MAX_CONFIGURATION_OBJECTS }, (_, index) => ({
    name: `s${index}`,
    remote_url: 'http://x/'
  }))
  const { ask } = await startSample({ mcpServers: many })
  const { status, body } = await ask(`${BASE}/mcp-servers/`, { body: SERVER })
  expect([status, body.non_field_errors.join()]).toEqual([400, expect.stringContaining('100')])
})

test('[S3] a secret does not go along to the address of another server', async () => {
  const id = '00000000-0000-4000-8000-000000000077'
  const { ask } = await startSample({
    llmModels: [{ ...MODEL, id, remote_url: 'https://models.example.com/v1' }],
    credentials: new Map([[id, new Secret('key')]])
  })
  const path = `${BASE}/llm-models/${id}/`
  const change = async (body: object) =>
    (await ask(path, { method: 'PATCH', body })).body.secrets_group?.id
  const group = (await ask(path)).body.secrets_group.id
  expect(await change({ description: 'new' })).toBe(group)
  expect(await change({ remote_url: 'https://models.example.com/v2' })).toBe(group)
  expect(await change({ remote_url: 'https://elsewhere.example.com/' })).toBeUndefined()
  expect(await change({ secrets_group: group })).toBe(group)
  expect(await change({ remote_url: '' })).toBeUndefined()
})
