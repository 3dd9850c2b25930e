import { expect, it } from 'vitest'
import { sortRows } from '../../../src/nautobot-tools/sorting.ts'
import { devices, errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'

const column = (name: string) => ({
  name,
  selection: name,
  description: undefined,
  read: (row: Readonly<Record<string, unknown>>) => row[name] ?? null
})
const sorted = (values: readonly unknown[], isDescending = false) =>
  sortRows(
    values.map((value) => ({ value })),
    [{ column: column('value'), isDescending }]
  ).map(({ value }) => value)

it.each<[string, unknown[]]>([
  ['names as people count', ['ams01-sw-2', 'ams01-sw-10', 'ams01-sw-11', 'fra01-sw-1']],
  ['interfaces by each of their numbers', ['Ethernet1/2', 'Ethernet1/10', 'Ethernet2/1']],
  ['numbers as numbers', [-3, 2, 10, 100]],
  ['decimals that are texts as numbers', ['9.5', '10.25', '10.5']],
  [
    'addresses and networks by number, the larger network first',
    ['9.0.0.0/8', '10.0.0.0/8', '10.0.0.0/24', '10.0.0.2/24', '10.0.0.10/24', '2001:db8::/32']
  ],
  ['times by time', ['2026-01-31T09:00:00Z', '2026-02-01T08:00:00Z', '2026-11-01T00:00:00Z']],
  ['false before true', [false, true]]
])('sorts %s, either way, with what is not set last', (_what, values) => {
  const nothing = [null, '', []]
  const shuffled = [...nothing, ...values.toReversed()]

  expect(sorted(shuffled)).toEqual([...values, ...nothing])
  expect(sorted(shuffled, true)).toEqual([...values.toReversed(), ...nothing])
})

it('sorts by a second field where the first is the same, and keeps the order of what is equal in both', () => {
  const rows = [
    { id: 1, role: 'switch', name: 'b' },
    { id: 2, role: 'router', name: 'a' },
    { id: 3, role: 'switch', name: 'c' },
    { id: 4, role: 'switch', name: 'b' }
  ]
  const keys = [
    { column: column('role'), isDescending: false },
    { column: column('name'), isDescending: true }
  ]

  expect(sortRows(rows, keys).map(({ id }) => id)).toEqual([2, 3, 1, 4])
})

it('sorts all that match before it shows the first, with one request', async () => {
  const rows = devices(60).toReversed()
  const { call, sent } = await setup({ graphql: () => ({ data: { rows } }) })
  const { text } = await call('find', {
    model: 'devices',
    fields: ['name'],
    sort: ['-role', 'name'],
    limit: 2,
    offset: 10
  })

  expect(text).toMatchObject({
    count: 60,
    columns: ['name'],
    rows: [['device-10'], ['device-11']],
    gaps: ['The list shows 2 of 60, after leaving out the first 10.']
  })
  expect(sent('graphql').map(graphqlText)).toEqual([
    '{ rows: devices(limit: 1001, offset: 0) { id name role { name } } }'
  ])
  expect(sent('/count/')).toHaveLength(0)
})

it('sorts 1,000 objects, and of more says how many there are and what helps', async () => {
  let found = 1_000
  const { call, anotherRun } = await setup({
    graphql: () => ({ data: { rows: devices(found) } }),
    count: () => ({ count: 5_030 })
  })
  const args = { model: 'devices', sort: '-name', limit: 1 }
  expect((await call('find', args)).text).toMatchObject({
    count: 1_000,
    rows: [['device-999', 'Active', 'switch', 'C9300', 'AMS01', null]]
  })
  found = 1_001
  const error = errorOf(await (await anotherRun())('find', args))

  expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(error.message).toBe(
    '5030 devices match; at most 1000 can be sorted. Add a filter, or ask count with group_by for the largest groups.'
  )
})

it('says when the field that the list is sorted by is hidden', async () => {
  const rows = devices(3).map((row) => ({ ...row, location: null }))
  const { call } = await setup({ graphql: () => ({ data: { rows } }) })
  const { text } = await call('find', { model: 'devices', fields: ['name'], sort: 'location' })

  expect(text.gaps).toEqual(['"location" is hidden in 3 of 3 rows: your rights do not show it.'])
})
