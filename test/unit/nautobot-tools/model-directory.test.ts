import { expect, it } from 'vitest'
import { createAsker } from '../../../src/nautobot-tools/asker.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { testClient } from '../../support/catalog-objects.ts'
import { startWireServer } from '../../support/wire-server.ts'

async function setup(limits: { maxUsers?: number; maxDescriptions?: number }) {
  const server = await startWireServer(({ path }) =>
    path.endsWith('/models/') ? { models: [] } : { fields: {}, filters: {} }
  )
  const client = testClient(server.url)
  const directory = createModelDirectory(limits)
  const asker = (userId: string) =>
    createAsker(
      client,
      {
        userId,
        userToken: async () => new Secret(`token-${userId}`),
        forgetToken: () => undefined
      },
      { signal: new AbortController().signal, correlationId: 'c-1' }
    )
  return { server, directory, asker }
}

it('remembers what as many users may see as allowed', async () => {
  const { server, directory, asker } = await setup({ maxUsers: 2 })
  for (const user of ['a', 'b', 'a', 'b']) await directory.models(asker(user))
  expect(server.requests).toHaveLength(2)
  for (const user of ['c', 'b', 'c']) await directory.models(asker(user))
  expect(server.requests).toHaveLength(3)
  await directory.models(asker('a'))
  expect(server.requests).toHaveLength(4)
})

it('remembers as many descriptions of models as allowed', async () => {
  const { server, directory, asker } = await setup({ maxDescriptions: 2 })
  const describeAll = async (...types: string[]) => {
    for (const type of types) await directory.describe(`dcim.${type}`, asker('a'))
  }
  await describeAll('rack', 'device', 'rack', 'device')
  expect(server.requests).toHaveLength(2)
  await describeAll('cable', 'device', 'cable')
  expect(server.requests).toHaveLength(3)
  await describeAll('rack')
  expect(server.requests).toHaveLength(4)
})
