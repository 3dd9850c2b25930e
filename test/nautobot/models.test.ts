import { expect, inject, test } from 'vitest'
import { findModel } from '../../src/nautobot-tools/find-model.ts'
import { Secret } from '../../src/platform/secret.ts'
import { connectTools } from '../support/tool-client.ts'
import { sharedNautobot } from './support/client.ts'
import type {} from './support/provided.ts'

interface Model {
  object_type: string
  name: string
  plural: string
  graphql: boolean
}

async function connect() {
  const { users } = inject('nautobot')
  const nautobot = sharedNautobot()
  const { token } = users.admin
  const call = { token: new Secret(token), signal: new AbortController().signal }
  const path = '/api/plugins/ai-ops/models/'
  const answer = await nautobot.get(path, {}, { ...call, correlationId: 'models' })
  const { models } = answer as { models: Model[] }
  return { models, call: await connectTools(nautobot, { userId: 'admin', token }) }
}

test('lists every model that Nautobot has in GraphQL with its usual fields, and counts every model', {
  timeout: 300_000
}, async () => {
  const { models, call } = await connect()
  expect(models.length).toBeGreaterThan(100)
  const wrong: unknown[] = []
  for (const { object_type, graphql } of models) {
    const found = await call(graphql ? 'find' : 'count', { model: object_type })
    if (found.isError) wrong.push([object_type, found.text])
  }

  expect(wrong).toEqual([])
})

test('understands the names that Nautobot gives its models', async () => {
  const { models } = await connect()
  const known = models.map(({ object_type, name, plural }) => {
    return {
      objectType: object_type,
      name,
      plural,
      page: undefined,
      graphqlRoot: undefined,
      hasMac: false
    }
  })
  for (const { objectType, name, plural } of known)
    for (const said of [name, plural, objectType, objectType.toUpperCase()])
      expect([said, findModel(known, said).objectType]).toEqual([said, objectType])
})
