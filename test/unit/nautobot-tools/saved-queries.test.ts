import { expect, it } from 'vitest'
import { createSavedQueries } from '../../../src/nautobot-tools/saved-queries.ts'
import { toSavedQuery } from '../../../src/nautobot-tools/saved-query.ts'
import { savedQueryDefinitions } from '../../../src/nautobot-tools/server.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { setupQueries } from '../../support/fake-graphql.ts'
import { errorOf, setup } from '../../support/fake-nautobot.ts'
import { connectTools } from '../../support/tool-client.ts'
import { json } from '../../support/wire-server.ts'

const saved = (query: string, name = 'Devices of a site') =>
  toSavedQuery(name, query) ?? expect.fail('it is a query')

interface Stored {
  name: string
  query: string
}

type Saved = { status?: number; body: unknown }

async function setupSaved(answer: () => Saved | Promise<Saved>) {
  const { nautobot, server } = await setup({
    saved: async (_, response) => {
      const { status = 200, body } = await answer()
      json(response, status, body)
    }
  })
  const failures: unknown[] = []
  const leftOut: string[] = []
  let now = 0
  const queries = createSavedQueries({
    nautobot,
    serviceToken: new Secret('service-token'),
    onFailed: (error) => failures.push(error),
    onLeftOut: (names) => leftOut.push(...names),
    now: () => now
  })
  const names = async () => (await queries.current()).map(({ tool }) => tool)
  const pass = (ms: number) => {
    now += ms
  }
  return { names, queries, failures, leftOut, pass, server }
}

const list = (...results: Stored[]) => ({ body: { results } })

it('makes a typed tool of a query', () => {
  const query = `query ($site: [String!]!, $n: Int = 5, $up: Boolean!, $f: Float!, $id: ID!) {
    devices(location: $site, limit: $n) { name }
  }`

  expect(savedQueryDefinitions([saved(query, 'Devices  of a "site"\u202e!')])).toMatchObject([
    {
      name: 'saved_devices_of_a_site',
      description: 'Query kept in Nautobot: "Devices of a site !".',
      server: 'nautobot',
      readOnly: true,
      inputSchema: {
        type: 'object',
        additionalProperties: false,
        required: ['site', 'up', 'f', 'id'],
        properties: {
          site: { type: 'array', items: { type: 'string', maxLength: 200 }, maxItems: 50 },
          n: { type: 'integer' },
          up: { type: 'boolean' },
          f: { type: 'number' },
          id: { type: 'string' }
        }
      }
    }
  ])
})

it.each(['', 'mutation { a }', 'fragment F on A { b }', '{ a', 'type A { b: C }'])(
  'makes no tool of %j',
  (query) => {
    expect(toSavedQuery('x', query)).toBeUndefined()
  }
)

it('runs with the values and the token of who asks, bounded like any other query', async () => {
  const query = 'query ($site: [String]) { devices(location: $site) { name } }'
  const heavy = '{ devices { interfaces(limit: 5) { name } } }'
  const { nautobot, sent, server } = await setupQueries({ counts: { 'dcim.device': 1 } })
  const savedQueries = [saved(query), saved(heavy, 'Heavy')]
  const call = await connectTools(nautobot, { userId: 'bob', token: 'bob-token', savedQueries })
  const answer = await call('saved_devices_of_a_site', { site: ['AMS01'] })

  expect(answer.isError).toBe(false)
  expect(sent).toEqual(['{ devices(location: "AMS01", limit: 51, offset: 0) { name } }'])
  for (const args of [{}, { site: 'AMS01' }, { site: [] }, { site: ['AMS01'], more: 1 }])
    expect(errorOf(await call('saved_devices_of_a_site', args)).code).toBe('INVALID_REQUEST')
  expect(errorOf(await call('saved_heavy', {})).message).toContain('takes no limit')
  expect(sent).toHaveLength(1)
  for (const { headers } of server.requests) expect(headers.authorization).toBe('Token bob-token')
})

it('reads them once in a minute, as the service account, in the same order', async () => {
  let stored = [
    { name: 'B', query: '{ b { c } }' },
    { name: 'A', query: '{ a { c } }' }
  ]
  const { names, pass, server } = await setupSaved(() => list(...stored))

  expect(await names()).toEqual(['saved_a', 'saved_b'])
  stored = stored.slice(1)
  pass(59_999)
  expect(await names()).toEqual(['saved_a', 'saved_b'])
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Token service-token'
  ])
  pass(1)
  await names()
  await expect.poll(names).toEqual(['saved_a'])
})

it('waits for what they are now after they have changed', async () => {
  let stored = [{ name: 'A', query: '{ a { c } }' }]
  const { names, queries, server } = await setupSaved(() => list(...stored))

  expect(await names()).toEqual(['saved_a'])
  stored = [...stored, { name: 'B', query: '{ b { c } }' }]
  queries.forget()
  expect(await names()).toEqual(['saved_a', 'saved_b'])
  expect(await names()).toEqual(['saved_a', 'saved_b'])
  expect(server.requests).toHaveLength(2)
})

it('reads them once more when they change while they are read', async () => {
  const { names, queries, server } = await setupSaved(() => {
    if (server.requests.length === 1) queries.forget()
    return list({ name: `Q${server.requests.length}`, query: '{ a { c } }' })
  })
  await names()

  expect(await names()).toEqual(['saved_q2'])
})

it('lets no answer from before a change overwrite a later one, nor be the last', async () => {
  const old = Promise.withResolvers<void>()
  const { names, queries, server, failures } = await setupSaved(async () => {
    const number = server.requests.length
    if (number === 1) await old.promise
    return list({ name: `Q${number}`, query: '{ a { c } }' })
  })
  const early = names()
  await expect.poll(() => server.requests.length).toBe(1)
  queries.forget()

  expect(await names()).toEqual(['saved_q2'])
  old.resolve()
  expect(await early).toEqual(['saved_q2'])
  expect(await names()).toEqual(['saved_q2'])
  expect(server.requests).toHaveLength(2)
  expect(failures).toEqual([])
})

it('is read once for all who ask before it was ever read', async () => {
  const { names, server } = await setupSaved(() => list({ name: 'A', query: '{ a { c } }' }))

  expect(await Promise.all([names(), names(), names()])).toEqual(Array(3).fill(['saved_a']))
  expect(server.requests).toHaveLength(1)
})

it('gives up a read under way when it is closed, and begins none after that', async () => {
  const { names, queries, server, failures } = await setupSaved(() => new Promise(() => undefined))
  const waiting = names()
  await expect.poll(() => server.requests.length).toBe(1)
  const closedAt = performance.now()
  queries.close()

  expect(await waiting).toEqual([])
  expect(performance.now() - closedAt).toBeLessThan(5_000)
  queries.forget()
  expect(await names()).toEqual([])
  expect(server.requests).toHaveLength(1)
  expect(failures).toEqual([])
})

it('names those that are no tools', async () => {
  const many = Array.from({ length: 11 }, (_, index) => ({
    name: `Q${String(index).padStart(2, '0')}`,
    query: '{ a { b } }'
  }))
  const wrong = { name: 'A wrong one', query: 'mutation { a }' }
  const twin = { name: 'q00!', query: '{ a { b } }' }
  const variables = Array.from({ length: 20 }, (_, index) => `$v${index}: [String]!`).join(' ')
  const long = { name: 'A long one', query: `query (${variables}) { a { b } }` }
  const { names, leftOut } = await setupSaved(() => list(...many, long, wrong, twin))

  expect(await names()).toHaveLength(10)
  expect(leftOut.toSorted()).toEqual(['A long one', 'A wrong one', 'Q10', 'q00!'])
})

it('keeps the last good ones while Nautobot is down, and asks again after a while', async () => {
  let status = 200
  const { names, failures, pass, server } = await setupSaved(() => ({
    status,
    ...list({ name: 'A', query: '{ a { b } }' })
  }))
  await names()
  status = 503
  pass(60_000)
  await names()
  await expect.poll(() => failures.length).toBe(1)
  expect(await names()).toEqual(['saved_a'])
  expect(server.requests).toHaveLength(2)
  pass(30_000)
  await names()
  await expect.poll(() => server.requests.length).toBe(3)
})

it('has none in the sample, without a word', async () => {
  const { names, failures } = await setupSaved(() => ({ status: 501, body: { detail: 'No.' } }))

  expect(await names()).toEqual([])
  expect(failures).toEqual([])
})
