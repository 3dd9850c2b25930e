import { expect, test } from 'vitest'
import { prepareTools } from '../../../src/mcp/mcp-tools.ts'
import { mcpServer } from '../../support/agent-fixture.ts'

const server = (name: string) => mcpServer({ name })

const inputSchema = { type: 'object', properties: { a: { type: 'string' } } }
const names = (serverName: string, ...tools: string[]) =>
  prepareTools(
    server(serverName),
    tools.map((name) => ({ name, inputSchema }))
  ).tools.map(({ definition }) => definition.name)

test.each([
  ['Net Box', 'list', 'net-box_list'],
  ['Net Box', 'list devices', 'net-box_list_devices'],
  ['  Über!  ', 'a.b/c', 'ber_a_b_c'],
  ['A name that goes on for ever and ever', 'x', 'a-name-that-goes-on-for-_x']
])('names a tool of %s: %s', (serverName, tool, name) => {
  expect(names(serverName, tool)).toEqual([name])
})

test("an administrator's prefix stands in for the server's name, as it is", () => {
  const prefixed = prepareTools(mcpServer({ name: 'Net Box', toolPrefix: 'NB_1-' }), [
    { name: 'list', inputSchema }
  ])
  expect(prefixed.tools.map(({ definition }) => definition.name)).toEqual(['NB_1-_list'])
  expect(prefixed.tools[0]?.definition.server).toBe('Net Box')
})

test('names are valid and unique whatever the server calls its tools', () => {
  const long = 'x'.repeat(70)
  const tools = [long, `${long}y`, 'a b', 'a_b', 'a.b', '名前', '', 'ok']
  const made = names('名前', ...tools)
  expect(new Set(made).size).toBe(tools.length)
  for (const name of made) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
})

test('names are the same in any order', () => {
  const tools = ['a b', 'a_b', 'x'.repeat(70)]
  expect(names('one', ...tools).sort()).toEqual(names('one', ...tools.toReversed()).sort())
})

test('leaves out what no model can be offered, and says why', () => {
  const { tools, leftOut } = prepareTools(server('one'), [
    { name: 'good', inputSchema },
    { name: 'good', inputSchema },
    { name: 'a-list', inputSchema: { type: 'array' } },
    { name: 'odd', inputSchema: { type: 'object', properties: [] } },
    { name: 'n'.repeat(257), inputSchema }
  ])
  expect(tools.map(({ rawName }) => rawName)).toEqual(['good'])
  expect(leftOut).toEqual([
    { name: 'good', reason: 'its name is used twice' },
    { name: 'a-list', reason: 'its schema is not that of an object' },
    { name: 'odd', reason: 'its schema is not that of an object' },
    { name: 'n'.repeat(256), reason: 'its name is longer than 256 characters' }
  ])
})

test('a schema passes through, with the properties that providers demand', () => {
  const { tools } = prepareTools(server('one'), [
    { name: 'none', inputSchema: { type: 'object', additionalProperties: false } },
    { name: 'some', inputSchema, description: 'd'.repeat(2000) }
  ])
  expect(tools[0]?.definition.inputSchema).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {}
  })
  expect(tools[1]?.definition.inputSchema).toEqual(inputSchema)
  expect(tools[1]?.definition.description).toHaveLength(1024)
})
