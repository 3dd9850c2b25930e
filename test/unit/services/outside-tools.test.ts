import { expect, it } from 'vitest'
import type { Caller } from '../../../src/auth/caller.ts'
import { connectInMemory } from '../../../src/mcp/mcp-connection.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { toSavedQuery } from '../../../src/nautobot-tools/saved-query.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { createOutsideTools } from '../../../src/services/outside-tools.ts'
import { setupQueries } from '../../support/fake-graphql.ts'
import { recordTraces, traceSettings } from '../../support/trace-recording.ts'

const context = { signal: new AbortController().signal, correlationId: 'c-1' }
const ALICE: Caller = {
  id: 'id-alice',
  username: 'alice',
  scopes: new Set(['chat']),
  credential: { kind: 'api-token', token: new Secret('own-token') }
}

const TEXT = 'query ($site: [String!]!) { devices(location: $site) { name } }'

/** One connection of Alice, to a Nautobot with one saved query. */
async function connect(
  answer: () => unknown = () => ({ data: { devices: [{ name: 'a' }] } }),
  captured = false
) {
  const { nautobot, sent, server } = await setupQueries({ counts: { 'dcim.device': 1 }, answer })
  const query = toSavedQuery('Devices of a site', TEXT) ?? expect.fail('it is a query')
  const token = new Secret('exchanged-token')
  const audited: object[] = []
  const settings = traceSettings('http://127.0.0.1:1')
  const toolServerFor = createOutsideTools({
    nautobot,
    directory: createModelDirectory(),
    savedQueries: { current: async () => [query] },
    userTokens: {
      forCaller: async () => ({ userId: 'id-alice', username: 'alice', token }) as never,
      forget: () => undefined
    },
    audit: (line) => audited.push(line),
    metrics: createMetrics({ version: '1', withProcess: false }),
    config: { tracing: { ...settings, capturesContent: captured } }
  })
  const connection = await connectInMemory(await toolServerFor(ALICE, 'c-1'), 5_000)
  return { connection, sent, server, audited }
}

it('offers the queries kept in Nautobot to other clients too, and runs them as the caller', async () => {
  const { connection, sent, server, audited } = await connect()
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

it('tells traces of each call what it tells them of those of the agent, and nothing that was said', async () => {
  const traces = await recordTraces()
  const { connection } = await connect()
  await connection.callTool('query', { query: '{ devices { name } }' }, context)
  await connection.callTool('count', { model: 'canary-argument' }, context)
  await connection.close()

  const ended = await traces.ended()
  const spans = ended.filter(({ name }) => name.startsWith('execute_tool'))
  expect(spans.map(({ name }) => name)).toEqual(['execute_tool query', 'execute_tool count'])
  const [good, bad] = spans
  const common = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.type': 'function',
    'ai_ops.tool.server': 'nautobot'
  }
  expect(good?.attributes).toEqual({
    ...common,
    'gen_ai.tool.name': 'query',
    'ai_ops.tool.rows': 1
  })
  expect(bad).toMatchObject({ isError: true })
  expect(bad?.attributes).toEqual({
    ...common,
    'gen_ai.tool.name': 'count',
    'error.type': 'tool_error'
  })
  expect(ended.some(({ parentSpanId }) => parentSpanId === good?.spanId)).toBe(true)
  expect(traces.words()).not.toContain('canary-argument')
})

it('tells traces of a call that its client gave up', async () => {
  const traces = await recordTraces()
  const { connection, audited } = await connect(() => new Promise(() => undefined))
  const stop = new AbortController()
  const args = { query: '{ devices { name } }' }
  const calling = connection.callTool('query', args, { ...context, signal: stop.signal })
  setTimeout(() => stop.abort(new Error('gone')), 200)
  await expect(calling).rejects.toThrow('gone')
  await expect.poll(() => audited).toMatchObject([{ outcome: 'aborted' }])
  await connection.close()

  const span = (await traces.ended()).find(({ name }) => name === 'execute_tool query')
  expect(span).toMatchObject({ isError: true, attributes: { 'error.type': 'aborted' } })
})

it('tells traces what was said where that is asked for, without secrets', async () => {
  const traces = await recordTraces()
  const { connection } = await connect(undefined, true)
  const args = { site: ['AMS01 password=canary-secret'] }
  await connection.callTool('saved_devices_of_a_site', args, context)
  await connection.close()

  const ended = await traces.ended()
  const span = ended.find(({ name }) => name === 'execute_tool saved_devices_of_a_site')
  expect(span?.attributes['gen_ai.tool.call.arguments']).toContain('AMS01')
  expect(span?.attributes['gen_ai.tool.call.result']).toContain('devices')
  expect(JSON.stringify(span?.attributes)).not.toContain('canary-secret')
})
