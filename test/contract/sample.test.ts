import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSampleNautobot } from '../../src/lab/sample-nautobot.ts'
import { Secret } from '../../src/platform/secret.ts'
import { contract } from './support/contract.ts'
import { type ContractPeer, connect } from './support/peer.ts'

const makeToken = () => randomBytes(20).toString('hex')
const tokens = { everything: makeToken(), ams01: makeToken(), service: makeToken() }
const sample = createSampleNautobot({
  serviceToken: new Secret(tokens.service),
  labToken: new Secret(tokens.everything),
  restrictedToken: new Secret(tokens.ams01)
})
const peer: ContractPeer = { url: '', tokens }

beforeAll(async () => {
  peer.url = (await sample.listen()).url
})
afterAll(() => sample.close())

contract(() => peer)

test.each([
  { model: 'devices', filters: { location: 'EMEA', status: 'Active' } },
  { model: 'devices', filters: { has_primary_ip: false } },
  { model: 'VLANs', filters: { location: ['AMS01', 'NYC01'] } },
  { model: 'prefixes', filters: { type: 'container' } }
])('links a list of the sample that shows the number of $model with $filters', async (question) => {
  const call = await connect(peer).tools('everything')
  const { text, facts } = await call('count', question)
  const page = await (await fetch(facts.links[0]?.url ?? '')).text()

  expect(/Showing\s+\d+-\d+\s+of\s+<b>(\d+)<\/b>/.exec(page)?.[1]).toBe(String(text.count))
})

test('links the page of an object of the sample', async () => {
  const call = await connect(peer).tools('everything')
  const { facts } = await call('find', { model: 'devices', filters: { name: 'ams01-rtr-01' } })
  const page = await fetch(facts.links[1]?.url ?? '')

  expect(page.status).toBe(200)
  expect(await page.text()).toContain('ams01-rtr-01')
})

test('links the page of the object that get shows, and of those that it names', async () => {
  const call = await connect(peer).tools('everything')
  const { facts } = await call('get', { object: 'ams01-rtr-01' })

  expect(facts.links.length).toBeGreaterThan(5)
  for (const { label, url } of facts.links) {
    const page = await fetch(url)
    const name = label.split(' ').at(-1) ?? ''
    expect([label, page.status, (await page.text()).includes(name)]).toEqual([label, 200, true])
  }
})

test('says of single objects and descriptions outside the sample that it does not have them', async () => {
  const call = await connect(peer).tools('everything')
  const id = '00000000-0000-4000-8000-000000000000'
  const answers = [
    await call('get', { model: 'wireless networks', object: id }),
    await call('get', { object: `/dcim/cables/${id}/` }),
    await call('describe', { model: 'wireless networks' })
  ]
  for (const { text } of answers) expect(text).toMatchObject({ error: { code: 'NOT_IN_SAMPLE' } })
})

test.each([
  { model: 'wireless networks' },
  { model: 'devices', filters: { has_console_ports: true } }
])('says of $model $filters that the sample does not have it, never "none"', async (question) => {
  const call = await connect(peer).tools('everything')
  for (const tool of ['count', 'find', 'get'] as const) {
    const { isError, text } = await call(tool, {
      ...question,
      ...(tool === 'get' && { object: 'x' })
    })
    expect({ isError, ...text }).toMatchObject({ isError: true, error: { code: 'NOT_IN_SAMPLE' } })
  }
})

test.each([
  '{ cables { id } }',
  '{ devices { name console_ports { id } } }',
  '{ statuses { devices { name } } }',
  '{ devices(has_console_ports: true) { name } }',
  '{ devices { interfaces(has_cable: true) { name } } }'
])('says of %s that the sample does not have it, never "none"', async (query) => {
  const call = await connect(peer).tools('everything')
  const { isError, text } = await call('query', { query })

  expect({ isError, ...text }).toMatchObject({ isError: true, error: { code: 'NOT_IN_SAMPLE' } })
})
