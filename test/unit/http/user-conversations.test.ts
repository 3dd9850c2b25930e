import { expect, onTestFinished, test } from 'vitest'
import type { Scope } from '../../../src/auth/caller.ts'
import { AppError } from '../../../src/errors.ts'
import { deletedSchema } from '../../../src/http/conversation-schemas.ts'
import { createCaller, startApp } from '../../support/http-app.ts'
import { createMemoryConversations } from '../../support/memory-conversations.ts'

async function start(scopes: Scope[]) {
  const memory = createMemoryConversations()
  const app = await startApp({
    conversations: memory.conversations,
    authenticate: async (_authorization, access) => {
      if (!scopes.some((scope) => scope === access))
        throw new AppError('FORBIDDEN', `Needs ${access}.`)
      return { ...createCaller('alice'), scopes: new Set(scopes) }
    }
  })
  onTestFinished(() => app.stop())
  const erase = (userId: string) =>
    fetch(`${app.url}/api/v1/users/${userId}/conversations`, { method: 'DELETE' })
  return { ...memory, ...app, erase }
}

test("erases a user's conversations, stops runs first, and says who did so in the log", async () => {
  const { registry, stopped, erase, log } = await start(['erase'])
  await registry.claim('id-bob', undefined, 'run-1', 'Secret plans')
  const ended = await registry.claim('id-bob', undefined, 'run-2', 'More of them')
  await registry.release(ended, 'run-2')
  await registry.claim('id-alice', undefined, 'run-3', 'Mine')

  const response = await erase('id-bob')

  expect(deletedSchema.parse(await response.json())).toEqual({ deleted: 2 })
  expect(stopped).toEqual(['run-1'])
  expect(await registry.list('id-bob')).toEqual([])
  expect(await registry.list('id-alice')).toHaveLength(1)
  const lines = log()
    .split('\n')
    .filter((line) => line.includes('were erased'))
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { by: 'id-alice', username: 'alice', userId: 'id-bob', deleted: 2 }
  ])
  expect(log()).not.toContain('plans')
})

test('is no error for a user without conversations', async () => {
  const { erase } = await start(['erase'])
  expect(await (await erase('nobody')).json()).toEqual({ deleted: 0 })
})

test('is for those alone who may erase', async () => {
  const { registry, erase } = await start(['chat', 'operate'])
  await registry.claim('id-alice', undefined, 'run-1', 'Mine')

  const response = await erase('id-alice')

  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ error: { code: 'FORBIDDEN' } })
  expect(await registry.list('id-alice')).toHaveLength(1)
})

test('refuses what is no id', async () => {
  const { erase } = await start(['erase'])
  expect((await erase('a%0Ab')).status).toBe(400)
})
