import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { NETWORK, visible } from '../contract/support/oracle.ts'
import { CLIENTS } from '../support/door-clients.ts'
import { callOfferedTools } from '../support/model-steps.ts'
import type {} from './support/provided.ts'
import { restAs } from './support/rest.ts'
import { apiToken, type Service, startService } from './support/service.ts'

const PATH = '/api/extras/graphql-queries/'
const QUERY = `query ($role: [String]!, $n: Int = 200) {
  devices(role: $role, limit: $n) { name ...Place }
}
fragment Place on DeviceType { location { name } }`

let id: unknown
let service: Service

beforeAll(async () => {
  const body = JSON.stringify({ name: 'Devices of a role', query: QUERY })
  const { status, body: created } = await restAs('admin', PATH, { method: 'POST', body })
  expect({ status, created }).toMatchObject({ status: 201 })
  id = created.id
  service = await startService()
})

afterAll(async () => {
  await service?.stop()
  const { url, users } = inject('nautobot')
  const headers = { authorization: `Token ${users.admin.token}` }
  if (id) await fetch(`${url}${PATH}${id}/`, { method: 'DELETE', headers })
})

test('offers a query kept in Nautobot as a tool, and runs it with the rights of who asks', async () => {
  const args = { role: ['router'] }
  service.model.answer(callOfferedTools([{ tool: 'saved_devices_of_a_role', args }]))
  const all = NETWORK.devices.filter(({ role }) => role === 'router').length
  const here = visible('dcim.device', 'ams01').filter(({ role }) => role === 'router').length
  for (const [user, expected] of [
    ['alice', all],
    ['bob', here]
  ] as const) {
    const { body, text } = await service.ask(apiToken(user), 'Which routers are there?')
    expect(JSON.parse(body.response), text).toMatchObject({ counts: { devices: expected } })
  }
  expect(here).toBeLessThan(all)
  const reads = service.proxy.requests.filter(({ path }) => path.startsWith(PATH))
  expect(reads.length).toBeLessThan(3)
})

test.each(CLIENTS)(
  'offers it to %s at /mcp, and a new one as soon as it is saved',
  async (...row) => {
    const { url, users } = inject('nautobot')
    const here = visible('dcim.device', 'ams01').filter(({ role }) => role === 'router').length
    const connect = () => row[2](service.sidecar.url, { authorization: apiToken('bob') })
    const client = await connect()
    const { text } = await client.call('saved_devices_of_a_role', { role: ['router'] })
    await client.close()
    expect(text).toMatchObject({ counts: { devices: here } })

    const query = '{ tenants { name } }'
    const body = JSON.stringify({ name: 'All tenants', query })
    const { body: created } = await restAs('admin', PATH, { method: 'POST', body })
    const offered = async () => {
      const other = await connect()
      const names = await other.listTools()
      await other.close()
      return names.filter((name) => name.startsWith('saved_'))
    }
    // Far sooner than they are read by their age.
    const soon = { timeout: 10_000, interval: 200 }
    await expect.poll(offered, soon).toEqual(['saved_all_tenants', 'saved_devices_of_a_role'])
    const headers = { authorization: `Token ${users.admin.token}` }
    await fetch(`${url}${PATH}${created.id}/`, { method: 'DELETE', headers })
    await expect.poll(offered, soon).toEqual(['saved_devices_of_a_role'])
  }
)
