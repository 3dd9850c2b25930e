import { beforeAll, expect, inject, test } from 'vitest'
import { type NautobotObjects, nautobotObjects } from '../support/nautobot-objects.ts'
import { connectTools } from '../support/tool-client.ts'
import { logIn } from './support/browser-session.ts'
import { sharedNautobot } from './support/client.ts'
import type {} from './support/provided.ts'

type User = 'admin' | 'alice' | 'mallory'

const MODELS = ['LLM models', 'MCP servers', 'system prompts'] as const
/** The app's own models, as any app's: nothing in the tools knows them. */
const CREATED: Record<
  (typeof MODELS)[number],
  [path: string, ...fields: Record<string, unknown>[]]
> = {
  'system prompts': [
    '/plugins/ai-ops/system-prompts/',
    { name: 'Short answers', status: 'Approved', text: 'Be brief.' }
  ],
  'LLM models': [
    '/plugins/ai-ops/llm-models/',
    { name: 'app-models-2', model_name: 'gpt-b', timeout: 30 },
    { name: 'app-models-10', model_name: 'gpt-a', timeout: 90 }
  ],
  'MCP servers': ['/plugins/ai-ops/mcp-servers/', { name: 'app-models', enabled: false }]
}

let objects: NautobotObjects

beforeAll(async () => {
  objects = nautobotObjects(inject('nautobot'))
  for (const [path, ...all] of Object.values(CREATED))
    for (const fields of all) {
      const known = path.includes('prompts')
        ? {}
        : { status: 'Healthy', remote_url: 'https://app-models.example.com/' }
      await objects.create(path, { ...known, ...fields })
    }
  return () => objects.removeAll()
})

const callAs = (user: User) => {
  const { token } = inject('nautobot').users[user]
  return connectTools(sharedNautobot(), { userId: user, token })
}

test.each(MODELS)(
  "counts, lists, describes and shows an app's %s, and links its pages",
  async (model) => {
    const call = await callAs('admin')
    const session = await logIn('admin')
    const [, ...created] = CREATED[model]
    const counted = await call('count', { model })
    const filtered = await call('find', {
      model,
      filters: { name: created.map(({ name }) => name) },
      sort: 'name'
    })
    const described = await call('describe', { model })
    const shown = await call('get', { model, object: created[0]?.name })

    expect([counted, filtered, described, shown].map(({ isError }) => isError)).not.toContain(true)
    expect(counted.text.count).toBeGreaterThanOrEqual(created.length)
    const names = (filtered.text.rows as string[][]).map(([name]) => name)
    expect(names).toEqual(created.map(({ name }) => name))
    expect(described.text).toMatchObject({ fields: { text: expect.stringContaining('name') } })
    expect(shown.text.fields).toMatchObject({ name: created[0]?.name })
    const page = await session.table(counted.facts.links[0]?.url ?? '')
    expect(page).toContain(`of ${counted.text.count}`)
  }
)

test.each(MODELS)("shows an app's %s to nobody without the right to view them", async (model) => {
  const call = await callAs('mallory')
  const id = '00000000-0000-4000-8000-000000000000'
  const answers = [
    await call('count', { model }),
    await call('find', { model }),
    await call('get', { model, object: id }),
    await call('get', { model, object: 'app-models' })
  ]

  for (const { isError, text } of answers)
    expect({ isError, ...text }).toMatchObject({ isError: true, error: { code: 'FORBIDDEN' } })
  const { text } = await call('describe', { model })
  expect(text.gaps).toEqual([`Your rights do not show any ${model}.`])
})

test('names the nearest of an app, too', async () => {
  const call = await callAs('admin')
  const wrong = await call('count', { model: 'LLM modles' })
  expect(wrong.text.error).toMatchObject({ nearest: ['nautobot_ai_ops.llmmodel'] })
  const filters = { status: 'helthy' }
  const value = await call('count', { model: 'LLM models', filters })
  expect(value.text.error).toMatchObject({ nearest: expect.arrayContaining(['Healthy']) })
  const { text } = await call('count', { model: 'LLM models', filters: { status: 'HEALTHY' } })
  expect(text).toMatchObject({ count: expect.any(Number), read_as: { status: ['Healthy'] } })
})
