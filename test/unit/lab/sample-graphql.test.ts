import { expect, test } from 'vitest'
import { at, devices, network } from './support/network.ts'
import { startSample } from './support/sample.ts'

test('answers a root list with filters, variables, nested references and nested lists', async () => {
  const { graphql } = await startSample()
  const query = `query ($where: [String]) {
    rows: devices(location: $where, role: "router", limit: 51, offset: 0) {
      name status { name } location { name parent { name } } primary_ip4 { address }
      tags { name } interfaces { name type } cf_site_code changed: last_updated
    }
  }`
  const { body } = await graphql(query, 'lab', { where: ['AMS01'] })
  const expected = devices((d) => d.role === 'router' && at('AMS01')(d))
  expect(body.errors).toBeUndefined()
  expect(body.data.rows.map(({ name }: { name: string }) => name)).toEqual(
    expected.map(({ name }) => name)
  )
  expect(body.data.rows[0]).toMatchObject({
    status: { name: 'Active' },
    location: { name: 'AMS01-R1', parent: { name: 'AMS01' } },
    primary_ip4: { address: '10.255.0.1/32' },
    interfaces: expect.arrayContaining([{ name: 'xe-0/0/0', type: 'A_10GBASE_X_SFPP' }]),
    cf_site_code: 'NL-AMS-1'
  })
})

test('cuts root lists by limit and offset, and never nested ones', async () => {
  const { graphql } = await startSample()
  const page = await graphql('{ vlans(limit: 2, offset: 1) { name } }')
  expect(page.body.data.vlans).toEqual(network.vlans.slice(1, 3).map(({ name }) => ({ name })))
  const nested = await graphql('{ devices(limit: 1) { interfaces(limit: 1) { id } } }')
  expect(nested.status).toBe(200)
  expect(nested.body.errors[0].message).toBe("{'limit': ['Unknown filter field']}")
  expect(nested.body.data.devices).toEqual([{ interfaces: null }])
})

test('reports a wrong filter value as an error beside null data', async () => {
  const { graphql } = await startSample()
  const { status, body } = await graphql('{ devices(location: "XX") { id } }')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    errors: [
      {
        message: "{'location': ['Select a valid choice. XX is not one of the available choices.']}",
        path: ['devices']
      }
    ],
    data: { devices: null }
  })
})

test.each([
  ['{ devices(locaton: "XX") { id } }', "Unknown argument 'locaton' on field 'Query.devices'"],
  ['{ devices { nam } }', "Cannot query field 'nam' on type 'DeviceType'"],
  ['{ devices {', 'Syntax Error'],
  ['mutation { x }', 'Only query are supported']
])('refuses %s', async (query, message) => {
  const { graphql } = await startSample()
  const { status, body } = await graphql(query)
  expect(status).toBe(400)
  expect(body.errors[0].message).toContain(message)
})

test.each([
  '{ cables { id } }',
  '{ devices { console_ports { id } } }',
  '{ devices(vc_position: 1) { id } }'
])('says that %s is not in the sample', async (query) => {
  const { graphql } = await startSample()
  const { status, body } = await graphql(query)
  expect([status, body.code]).toEqual([501, 'NOT_IN_SAMPLE'])
})

test('hides from the restricted user what they may not see, without an error', async () => {
  const { graphql } = await startSample()
  const { body } = await graphql(
    '{ devices { name } object_changes { id } locations(name: "AMS01") { parent { name } } }',
    'restricted'
  )
  expect(body.data.devices).toHaveLength(devices(at('AMS01')).length)
  expect(body.data.object_changes).toEqual([])
  expect(body.data.locations).toEqual([{ parent: null }])
})

test('refuses queries beyond its depth and its size', async () => {
  const { graphql } = await startSample()
  const deep = `{ locations ${'{ children '.repeat(11)}{ id }${' }'.repeat(11)} }`
  expect((await graphql(deep)).body.errors[0].message).toContain('10 levels')
  const long = `{ devices { ${'name '.repeat(5000)} } }`
  expect((await graphql(long)).status).toBe(400)
})
