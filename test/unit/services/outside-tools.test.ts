import { expect, it } from 'vitest'
import type { Caller } from '../../../src/auth/caller.ts'
import { connectInMemory } from '../../../src/mcp/mcp-connection.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { toSavedQuery } from '../../../src/nautobot-tools/saved-query.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { createOutsideTools } from '../../../src/services/outside-tools.ts'
import { setupQueries } from '../../support/fake-graphql.ts'

const context = { signal: new AbortController().signal, correlationId: 'c-1' }
const ALICE: Caller = {
  id: 'id-alice',
  username: 'alice',
  scopes: new Set(['chat']),
  credential: { kind: 'api-token', token: new Secret('own-token') }
}

it('offers the queries kept in Nautobot to other clients too, and runs them as the caller', async () => {
  const { nautobot, sent, server } = await setupQueries({
    counts: { 'dcim.device': 1 },
    answer: () => ({ data: { devices: [{ name: 'a' }] } })
  })
  const text = 'query ($site: [String!]!) { devices(location: $site) { name } }'
  const query = toSavedQuery('Devices of a site', text) ?? expect.fail('it is a query')
  const token = new Secret('exchanged-token')
  const audited: object[] = []
  const toolServerFor = createOutsideTools({
    nautobot,
    directory: createModelDirectory(),
    savedQueries: { current: async () => [query] },
    userTokens: {
      forCaller: async () => ({ userId: 'id-alice', username: 'alice', token }) as never,
      forget: () => undefined
    },
    audit: (line) => audited.push(line),
    metrics: createMetrics({ version: '1', withProcess: false })
  })
  const connection = await connectInMemory(await toolServerFor(ALICE, 'c-1'), 5_000)
  const { tools } = await connection.listTools(undefined, context)
  const args = { site: ['AMS01'] }
  const { content } = await connection.callTool('saved_devices_of_a_site', args, context)
  await connection.close()

  expect(tools.map(({ name }) => name)).toContain('saved_devices_of_a_site')
  expect(JSON.parse(String(content[0]?.text))).toMatchObject({
    data: { devices: [{ name: 'a' }] }
  })
  expect(audited).toMatchObject([
    { event: 'tool.called', via: 'mcp', tool: 'saved_devices_of_a_site', outcome: 'ok' }
  ])
  expect(sent).toEqual([expect.stringContaining('devices(location: "AMS01"')])
  expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Token exchanged-token'])
  )
})
