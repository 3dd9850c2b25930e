import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, test } from 'vitest'
import type { PlannedCall } from '../../../src/agent/agent-step.ts'
import type { ModelAnswer } from '../../../src/agent/model-turn.ts'
import { createToolSearch, offeredTools } from '../../../src/agent/tool-search.ts'
import type { ToolDefinition, ToolSet } from '../../../src/tool-server.ts'
import { manyTools } from '../../support/many-tools.ts'

const LIMITS = { maxOfferedTools: 10, maxOfferedCharacters: 100_000 }
const context = { signal: new AbortController().signal, correlationId: 'test' }

function tool(name: string, change: Partial<ToolDefinition> = {}): ToolDefinition {
  const inputSchema = { type: 'object', properties: { text: { type: 'string' } } }
  return {
    name,
    description: name,
    inputSchema,
    server: 'plant',
    readOnly: true,
    origin: 'o',
    ...change
  }
}

function own(name: string): ToolDefinition {
  const { origin: _, ...definition } = tool(name, { server: 'nautobot' })
  return definition
}

const foreign = (count: number) =>
  Array.from({ length: count }, (_, at) => tool(`plant_tool_${at}`))

function setOf(tools: readonly ToolDefinition[]) {
  const called: [string, unknown][] = []
  const set: ToolSet = {
    ...{ tools, unavailable: [], release: async () => undefined },
    call: async (name, args) => {
      called.push([name, args])
      return { isError: false, text: 'ok', links: [], gaps: [] }
    }
  }
  return { set, called }
}

function answerOf(...calls: readonly PlannedCall[]): ModelAnswer {
  const usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 }
  return {
    ...{ message: new AIMessage('x'), calls, usage, gap: undefined, isFiltered: false },
    ...{ finishReason: 'stop', responseModel: undefined, firstPieceMs: undefined }
  }
}

const names = (tools: readonly ToolDefinition[]) => tools.map(({ name }) => name)

test('as many tools as a provider takes are offered as they are', () => {
  const tools = [own('count'), ...foreign(9)]
  expect(offeredTools(tools, LIMITS)).toBe(tools)
  const { set } = setOf(tools)
  const search = createToolSearch(set, LIMITS)
  const answer = answerOf({ id: '1', name: 'call_tool', args: { name: 'count' } })
  expect(search.tools).toBe(set)
  expect(search.fromModel(answer)).toBe(answer)
})

test('one more, and the model is offered those of this product, a search and a call', () => {
  const tools = [own('count'), ...foreign(10)]
  expect(names(offeredTools(tools, LIMITS))).toEqual(['count', 'search_tools', 'call_tool'])
  expect(offeredTools(tools, LIMITS)[1]?.description).toContain('10 tools of plant (10)')
})

test('few tools that take too much of the window are searched too', () => {
  const tools = [own('count'), tool('plant_big', { description: 'd'.repeat(500) })]
  expect(names(offeredTools(tools, { ...LIMITS, maxOfferedCharacters: 640 }))).toHaveLength(2)
  expect(names(offeredTools(tools, { ...LIMITS, maxOfferedCharacters: 600 }))).toEqual([
    ...['count', 'search_tools', 'call_tool']
  ])
})

test('tools of this product that are too many themselves are searched like others', async () => {
  const tools = Array.from({ length: 12 }, (_, at) => own(`saved_${at}`))
  const search = createToolSearch(setOf(tools).set, LIMITS)
  expect(search.offered).toHaveLength(10)
  const found = await search.tools.call('search_tools', { query: 'saved_11' }, context)
  expect(found.text).toContain('"name":"saved_11"')
})

test('a call of a found tool is a call of that tool, for everybody but the model', () => {
  const { set } = setOf([own('count'), ...foreign(20)])
  const search = createToolSearch(set, LIMITS)
  const args = { name: 'plant_tool_3', arguments: { text: 'a' } }
  const answer = search.fromModel(answerOf({ id: '1', name: 'call_tool', args }))
  expect(answer.calls).toEqual([{ id: '1', name: 'plant_tool_3', args: { text: 'a' } }])
  expect(answer.message.tool_calls).toMatchObject([{ name: 'plant_tool_3', args: { text: 'a' } }])
  const result = new ToolMessage({ name: 'plant_tool_3', content: 'r', tool_call_id: '1' })
  const told = search.toModel([new HumanMessage('q'), answer.message, result])
  expect(told[1]).toMatchObject({ tool_calls: [{ id: '1', name: 'call_tool', args }] })
  expect(told[2]).toMatchObject({ name: 'call_tool', content: 'r', tool_call_id: '1' })
})

test.each<[string, unknown, Partial<PlannedCall>]>([
  ['text', '{"text":"a"}', { args: { text: 'a' } }],
  ['nothing', undefined, { args: {} }],
  ['no JSON', 'a', { args: {}, malformed: '"a"' }],
  ['a list', [1], { args: {}, malformed: '[1]' }]
])('arguments that are %s are read, or told to be none', (_, given, call) => {
  const search = createToolSearch(setOf(foreign(20)).set, LIMITS)
  const args = { name: 'plant_tool_3', arguments: given }
  const answer = search.fromModel(answerOf({ id: '1', name: 'call_tool', args }))
  expect(answer.calls).toEqual([{ id: '1', name: 'plant_tool_3', ...call }])
})

test('a tool that nobody has is not called, and near names are told', async () => {
  const { set, called } = setOf(foreign(20))
  const search = createToolSearch(set, LIMITS)
  const planned = { id: '1', name: 'call_tool', args: { name: 'plant_tool_33', arguments: {} } }
  const answer = search.fromModel(answerOf(planned))
  expect(answer.calls).toEqual([planned])
  const result = await search.tools.call('call_tool', planned.args, context)
  expect(result).toMatchObject({
    isError: true,
    text: expect.stringContaining('Near: plant_tool_3')
  })
  expect(called).toEqual([])
})

test('a tool is found by words of its name, its server or its description, also mistyped or in the plural', async () => {
  const tools = manyTools().map(({ name, description }) =>
    tool(`plant_${name}`, { description, server: name.includes('door') ? 'Gatehouse' : 'Plant' })
  )
  const { set } = setOf(tools)
  const search = createToolSearch(set, LIMITS)
  const first = async (query: string) => {
    const { text } = await search.tools.call('search_tools', { query }, context)
    return JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '{}').description
  }
  expect(await first('rename firewall rules')).toBe('Rename a firewall rule of the plant.')
  expect(await first('maintenence window restore')).toBe(
    'Restore a maintenance window of the plant.'
  )
  expect(await first('listTicket')).toBe('List a ticket of the plant.')
  expect(await first('gatehouse compare')).toBe('Compare a door of the plant.')
})

test('a search is answered in bounds, says what more there is, and what there is when nothing fits', async () => {
  const big = {
    type: 'object',
    properties: Object.fromEntries(foreign(300).map(({ name }) => [name, {}]))
  }
  const tools = Array.from({ length: 300 }, (_, at) =>
    tool(`plant_same_${at}`, { inputSchema: big })
  )
  const search = createToolSearch(setOf(tools).set, LIMITS)
  const ask = async (query: unknown) => search.tools.call('search_tools', { query }, context)
  const { text } = await ask('same')
  expect(text.length).toBeLessThan(16_000)
  expect(text).toContain('Too long to be shown here: search_tools with \\"plant_same_')
  expect(text).toContain('more: search with other words.')
  expect((await ask('plant_same_7')).text).toContain('"plant_tool_299":{}')
  expect((await ask('zebra')).text).toContain('There are 300 tools of plant (300)')
  expect(await ask('')).toMatchObject({ isError: true })
  expect(await ask('x'.repeat(201))).toMatchObject({ isError: true })
})
