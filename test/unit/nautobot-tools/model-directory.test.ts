import { expect, it } from 'vitest'
import { createAsker } from '../../../src/nautobot-tools/asker.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { testClient } from '../../support/catalog-objects.ts'
import { startWireServer } from '../../support/wire-server.ts'

async function setup(limits: { maxUsers?: number; maxDescriptions?: number }) {
  const nautobot = { revision: 'first' }
  const server = await startWireServer(({ path }) =>
    path.endsWith('/models/')
      ? { models: [], revision: nautobot.revision }
      : { fields: {}, filters: {} }
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
  return { nautobot, server, directory, asker }
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

it('reads all anew when another user is told of another revision', async () => {
  const { nautobot, server, directory, asker } = await setup({})
  await directory.models(asker('a'))
  await directory.describe('dcim.rack', asker('a'))
  await directory.models(asker('b'))
  await directory.describe('dcim.rack', asker('b'))
  expect(server.requests).toHaveLength(3)
  nautobot.revision = 'second'
  await directory.models(asker('c'))
  await directory.describe('dcim.rack', asker('a'))
  expect(server.requests).toHaveLength(5)
  await directory.describe('dcim.rack', asker('b'))
  expect(server.requests).toHaveLength(5)
})

it('reads all anew when it is told to forget, GraphQL included', async () => {
  const { server, directory, asker } = await setup({})
  const readAll = async () => {
    await directory.models(asker('a'))
    await directory.describe('dcim.rack', asker('a'))
    await directory.graphql.fields('DeviceType', asker('a')).catch(() => undefined)
  }
  await readAll()
  const once = server.requests.length
  directory.forget()
  await readAll()

  expect(server.requests).toHaveLength(2 * once)
})

/** A Nautobot in which a user's right to view devices comes and goes. */
async function setupRights() {
  let mayView = true
  let now = 0
  const answering: (() => Promise<void>)[] = []
  const server = await startWireServer(async ({ path, body }) => {
    const view = mayView
    await answering.shift()?.()
    const device = { object_type: 'dcim.device', name: 'device', plural: 'devices', graphql: true }
    const status = { object_type: 'extras.status', name: 'status', plural: 'statuses' }
    if (body) return { data: { v0: [{ name: 'Active' }] } }
    if (path.endsWith('/models/'))
      return { models: [device, { ...status, graphql: true }].map((one) => ({ ...one, view })) }
    const field = { type: 'RelatedField', related: 'extras.status' }
    return { fields: { name: { type: 'CharField' }, status: field }, filters: {} }
  })
  const directory = createModelDirectory({ now: () => now })
  const identity = {
    userId: 'a',
    userToken: async () => new Secret('token-a'),
    forgetToken: () => undefined
  }
  const context = { signal: new AbortController().signal, correlationId: 'c-1' }
  const asker = createAsker(testClient(server.url), identity, context)
  const read = () => directory.models(asker.until(context.signal))
  return {
    directory,
    answering,
    seesDevices: async () => (await read()).viewable.has('dcim.device'),
    isStatusHidden: async () => {
      const values = await directory.allowedValues('dcim.device', asker.until(context.signal))
      return values.get('status')?.hidden
    },
    takeAway: () => {
      mayView = false
    },
    elapse: (ms: number) => {
      now += ms
    }
  }
}

it('believes what a user may see for a minute', async () => {
  const { seesDevices, isStatusHidden, takeAway, elapse } = await setupRights()
  expect([await seesDevices(), await isStatusHidden()]).toEqual([true, false])
  takeAway()
  elapse(59_999)
  expect([await seesDevices(), await isStatusHidden()]).toEqual([true, false])
  elapse(1)
  expect([await seesDevices(), await isStatusHidden()]).toEqual([false, true])
})

it('asks at once what users may see when rights have changed, also when it was just being asked', async () => {
  const { directory, answering, seesDevices, isStatusHidden, takeAway } = await setupRights()
  const arrived = Promise.withResolvers<void>()
  const late = Promise.withResolvers<void>()
  answering.push(() => {
    arrived.resolve()
    return late.promise
  })
  const before = seesDevices()
  await arrived.promise
  takeAway()
  directory.forgetUsers()
  expect(await seesDevices()).toBe(false)
  late.resolve()

  expect(await before).toBe(true)
  expect([await seesDevices(), await isStatusHidden()]).toEqual([false, true])
})
