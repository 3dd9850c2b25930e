import { expect, test } from 'vitest'
import type { PreparedTools } from '../../../src/mcp/mcp-tools.ts'
import { prepareTools } from '../../../src/mcp/mcp-tools.ts'
import { TOOL_RECORDS, type ToolRecords } from '../../../src/mcp/tool-records.ts'
import { createToolWatch } from '../../../src/mcp/tool-watch.ts'
import { createMemoryRecords } from '../../../src/platform/records.ts'
import { mcpServer } from '../../support/agent-fixture.ts'

const server = mcpServer({ id: 's-1', name: 'one' })

function listOf(
  ...tools: readonly (readonly [name: string, description: string, schema?: object])[]
) {
  return prepareTools(
    server,
    tools.map(([name, description, inputSchema = {}]) => ({ name, description, inputSchema }))
  )
}

function watching(records: ToolRecords = createMemoryRecords(TOOL_RECORDS)) {
  const told: (readonly string[])[] = []
  const failures: unknown[] = []
  const watch = createToolWatch({
    records,
    onChanged: (_, names) => told.push(names),
    onFailed: (error) => failures.push(error)
  })
  const see = async (list: PreparedTools) => {
    watch.note(server, list)
    await watch.close()
    return (await watch.changed(['s-1'])).get('s-1')
  }
  return { watch, told, failures, see }
}

test('what is seen first is accepted, and so is a tool that comes later', async () => {
  const { told, see } = watching()
  expect(await see(listOf(['a', 'reads']))).toEqual([])
  expect(await see(listOf(['a', 'reads'], ['b', 'reads too']))).toEqual([])
  expect(told).toEqual([])
})

test('a changed description or schema is flagged, and told once', async () => {
  const { told, see } = watching()
  const schema = { properties: { x: {} } }
  await see(listOf(['a', 'reads'], ['b', 'reads'], ['c', 'reads']))
  const changed = listOf(['a', 'deletes'], ['b', 'reads', schema], ['c', 'reads'])
  expect(await see(changed)).toEqual(['a', 'b'])
  expect(await see(changed)).toEqual(['a', 'b'])
  expect(told).toEqual([['a', 'b']])
})

test('lists that come at the same time tell of a change once, and never undo what is accepted', async () => {
  const { watch, told, see } = watching()
  await see(listOf(['a', 'reads']))
  const changed = listOf(['a', 'deletes'])
  watch.note(server, changed)
  watch.note(server, changed)
  await watch.accept(server, changed)
  expect(await watch.changed(['s-1'])).toEqual(new Map([['s-1', []]]))
  expect(told).toEqual([['a']])
})

test('one that is as it was again is flagged no more', async () => {
  const { see } = watching()
  await see(listOf(['a', 'reads']))
  expect(await see(listOf(['a', 'deletes']))).toEqual(['a'])
  expect(await see(listOf(['a', 'reads']))).toEqual([])
})

test('one that goes and comes back as something else is flagged', async () => {
  const { see } = watching()
  await see(listOf(['a', 'reads'], ['b', 'reads']))
  expect(await see(listOf(['b', 'reads']))).toEqual([])
  expect(await see(listOf(['a', 'deletes'], ['b', 'reads']))).toEqual(['a'])
})

test('what is accepted counts from then on, and what differed is told', async () => {
  const { watch, see } = watching()
  await see(listOf(['a', 'reads'], ['b', 'reads']))
  const now = listOf(['a', 'deletes'], ['c', 'is new'])
  await see(now)
  expect(await watch.accept(server, now)).toEqual({ added: [], removed: ['b'], changed: ['a'] })
  expect(await see(now)).toEqual([])
  expect(await watch.accept(server, listOf(['d', 'is new']))).toMatchObject({
    added: ['d'],
    removed: ['a', 'c']
  })
})

test('names of a server are remembered up to a bound', async () => {
  const records = createMemoryRecords(TOOL_RECORDS)
  const { see } = watching(records)
  const batch = (from: number) =>
    listOf(...Array.from({ length: 1_000 }, (_, at) => [`t${from + at}`, 'reads'] as const))
  for (const from of [0, 1_000, 2_000]) await see(batch(from))
  const { accepted } = (await records.read(['s-1'])).get('s-1') ?? { accepted: {} }
  expect(Object.keys(accepted)).toHaveLength(2_000)
  expect(accepted).toHaveProperty('t2999')
})

test('the order of the words in a schema changes nothing, and a name of every object is a name', async () => {
  const { see } = watching()
  await see(listOf(['__proto__', 'reads', { a: 1, b: 2 }], ['constructor', 'reads']))
  expect(
    await see(listOf(['__proto__', 'reads', { b: 2, a: 1 }], ['constructor', 'reads']))
  ).toEqual([])
  expect(await see(listOf(['constructor', 'deletes']))).toEqual(['constructor'])
})

test('records that cannot be read flag nothing, and an acceptance says so', async () => {
  const broken = () => Promise.reject(new Error('no Redis'))
  const { watch, failures, see } = watching({ keep: broken, read: broken })
  const list = listOf(['a', 'reads'])
  expect(await see(list)).toBeUndefined()
  expect(failures).toHaveLength(2)
  await expect(watch.accept(server, list)).rejects.toThrow('no Redis')
})

test('what users are shown by their own identity is neither compared nor kept', async () => {
  const { watch, told } = watching()
  const personal = mcpServer({ id: 's-1', name: 'one', identity: 'user' })
  for (const tools of [listOf(['mine', 'reads']), listOf(['mine', 'reads what is yours'])])
    watch.note(personal, tools)
  await watch.close()
  expect(told).toEqual([])
  expect(await watch.changedIn(personal, listOf(['mine', 'deletes']))).toEqual([])
  expect(await watch.changed(['s-1'])).toEqual(new Map())
})
