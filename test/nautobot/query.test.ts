import { expect, inject, test } from 'vitest'
import { NETWORK, visible } from '../contract/support/oracle.ts'
import { startGraphqlRecorder } from '../support/graphql-recorder.ts'
import { connectTools } from '../support/tool-client.ts'
import { nautobotAt } from './support/client.ts'
import type {} from './support/provided.ts'
import { countAs } from './support/rest.ts'

/** The tools before the shared Nautobot, and what they send to it. */
async function setup() {
  const { url: target, users } = inject('nautobot')
  const { url, sent, requests } = await startGraphqlRecorder(target)
  const nautobot = nautobotAt(url, { publicUrl: target, maxInFlightPerToken: 2 })
  const as = (user: 'alice' | 'bob') =>
    connectTools(nautobot, { userId: user, token: users[user].token })
  return { as, sent, requests }
}

test('sends a limit with each root list, and shows what was asked for with the number of all', async () => {
  const { as, sent } = await setup()
  const call = await as('alice')
  const query = `{
    few: devices(limit: 3) { name interfaces(enabled: true) { name ip_addresses { address } } }
    locations(limit: 5000) { name }
    vlans { vid }
  }`
  const { text } = await call('query', { query })
  const data = text.data as Record<string, unknown[]>

  expect(sent.map((each) => each.query)).toEqual([
    '{ few: devices(limit: 4, offset: 0) { name interfaces(enabled: true) { name ip_addresses { address } } } ' +
      'locations(limit: 201, offset: 0) { name } vlans(limit: 51, offset: 0) { vid } }'
  ])
  expect(text.counts).toEqual({
    few: await countAs('alice', 'dcim/devices/'),
    locations: await countAs('alice', 'dcim/locations/'),
    vlans: await countAs('alice', 'ipam/vlans/')
  })
  expect(data.few).toHaveLength(3)
  expect(text.gaps).toContain(`"few" was cut at 3 of ${NETWORK.devices.length}.`)
})

/** What the tools ask to say which names there are: all of a kind, or those that differ in the case of letters alone. */
const NAMES_NEAR = /^\{ rows: \w+\((\w+__ie: "[^"]*", )?limit: 10{2,3}, offset: 0\)/

test.each([
  [
    'nested lists that multiply',
    '{ devices(limit: 200) { interfaces { device { interfaces { id } } } } }'
  ],
  ['a nested limit', '{ locations { devices(limit: 5) { name } } }'],
  ['the schema', '{ __schema { types { fields { name } } } }'],
  ['a mutation', 'mutation { delete(id: 1) { id } }'],
  ['a wrong filter', '{ devices(locaton: "AMS01") { name } }'],
  ['a wrong value', '{ devices(tenant: "Corporat IT") { name } }'],
  ['a wrong value of a nested list', '{ devices { interfaces(type: "verirtual") { name } } }']
])('refuses %s before it is sent', async (_what, query) => {
  const { as, sent } = await setup()
  const { isError, text } = await (await as('alice'))('query', { query })
  const help = sent.filter((each) => !NAMES_NEAR.test(each.query))

  expect({ isError, ...text }).toMatchObject({ isError: true, error: { code: 'INVALID_REQUEST' } })
  expect(help).toEqual([])
})

test.each(['statuses', 'content_types', 'roles', 'racks', 'ip_addresses', 'device_types', 'jobs'])(
  'limits the list of %s',
  async (root) => {
    const { as } = await setup()
    const { isError, text } = await (await as('alice'))('query', {
      query: `{ ${root}(limit: 1) { id } }`
    })
    expect({ isError, error: text.error }).toEqual(
      root === 'jobs'
        ? { isError: true, error: expect.objectContaining({ code: 'FORBIDDEN' }) }
        : { isError: false, error: undefined }
    )
  }
)

test('shows two users their own rows alone, asked at once', async () => {
  const { as, sent } = await setup()
  const tokens = inject('nautobot').users
  const rows = { alice: visible('dcim.device', 'everything'), bob: visible('dcim.device', 'ams01') }
  const users = ['alice', 'bob'] as const
  const calls = { alice: await as('alice'), bob: await as('bob') }
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const user = users[index % 2] ?? 'bob'
      const { text } = await calls[user]('query', {
        query: `{ all: devices(limit: 200) { name x${index}: serial } }`
      })
      const names = (text.data as { all: { name: string }[] }).all.map(({ name }) => name)
      expect(names.toSorted()).toEqual(rows[user].map(({ name }) => name).toSorted())
      expect(text.counts).toEqual({ all: rows[user].length })
    })
  )

  for (const { query, authorization } of sent) {
    const index = Number(/x(\d+):/.exec(query)?.[1])
    expect(authorization).toBe(`Token ${tokens[users[index % 2] ?? 'bob'].token}`)
  }
  expect(sent).toHaveLength(40)
})

test('names what a user may not see in an answer', async () => {
  const { as } = await setup()
  const query = '{ devices(limit: 2) { name location { name parent { name } } } }'
  const { text } = await (await as('bob'))('query', { query })
  const { devices } = text.data as { devices: { location: { parent: unknown } }[] }

  expect(devices).toHaveLength(2)
  expect(text.gaps).toEqual([
    `"devices" was cut at 2 of ${visible('dcim.device', 'ams01').length}.`
  ])
})
