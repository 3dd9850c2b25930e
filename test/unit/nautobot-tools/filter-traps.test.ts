import { expect, it, test } from 'vitest'
import { toQuery } from '../../../src/nautobot-tools/filter.ts'
import { readFilters } from '../../../src/nautobot-tools/filters.ts'
import type { ModelDescription } from '../../../src/nautobot-tools/nautobot-model.ts'
import { errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'
import { json } from '../../support/wire-server.ts'

const RANGE = ['lt', 'lte', 'gt', 'gte', 'ic']
const MODEL: ModelDescription = {
  fields: new Map(),
  filters: new Map([
    ['ip_addresses', { type: 'MultiValueCharFilter' }],
    ['cf_owner', { type: 'CustomFieldSelectFilter' }],
    ['cf_zones', { type: 'CustomFieldMultiSelectFilter' }],
    ['cf_watts', { type: 'CustomFieldNumberFilter', lookups: RANGE }],
    ['cf_ends', { type: 'CustomFieldDateFilter', lookups: RANGE }],
    ['cf_surveyed', { type: 'CustomFieldCharFilter', lookups: RANGE }],
    ['created', { type: 'MultiValueDateTimeFilter', lookups: RANGE }]
  ])
}
const queryOf = (filters: Parameters<typeof readFilters>[0]) =>
  toQuery(readFilters(filters, MODEL).filters)

/** An interface's list as our app extends it. */
const INTERFACES = {
  object_type: 'dcim.interface',
  fields: { device: { type: 'CharField', related: 'dcim.device' }, name: { type: 'CharField' } },
  filters: {
    location: {
      type: 'NaturalKeyOrPKMultipleChoiceFilter',
      related: 'dcim.location',
      lookups: ['n']
    },
    nautobot_ai_ops_location: {
      type: 'TreeNodePartsFilter',
      related: 'dcim.location',
      lookups: ['n']
    }
  }
}

test.each([
  [{ cf_watts__lt: 750 }, { cf_watts__lt: ['750'], cf_watts__gte: ['-2147483648'] }],
  [{ cf_ends__lte: '2026-01-01' }, { cf_ends__lte: ['2026-01-01'], cf_ends__gte: ['0001-01-01'] }],
  [
    { cf_surveyed__lt: '2026-01-01' },
    { cf_surveyed__lt: ['2026-01-01'], cf_surveyed__gte: ['0001-01-01T00:00:00+00:00'] }
  ],
  [
    { cf_watts__lt: 9, cf_watts__gt: 1 },
    { cf_watts__lt: ['9'], cf_watts__gt: ['1'] }
  ],
  [{ cf_watts__gte: 9 }, { cf_watts__gte: ['9'] }],
  [{ created__lt: '2026-01-01' }, { created__lt: ['2026-01-01'] }]
])('reads %o so that a custom field that is null is not less than anything', (asked, sent) => {
  expect(queryOf(asked)).toEqual(sent)
})

it('refuses an address without its mask, which Nautobot would not find', () => {
  expect(() => queryOf({ ip_addresses: '10.0.0.1' })).toThrow(
    /with its mask .* Ask get for 10.0.0.1/
  )
  const id = '0b7b3f6e-3c55-4f0e-9a55-6a2c1d6f7c11'
  expect(queryOf({ ip_addresses: ['10.0.0.1/24', id] })).toEqual({
    ip_addresses: ['10.0.0.1/24', id]
  })
})

it('refuses two values of a custom choice, of which Nautobot would use the last', () => {
  expect(() => queryOf({ cf_owner: ['a', 'b'] })).toThrow('takes one value, not "a", "b"')
  expect(queryOf({ cf_zones: ['a', 'b'] })).toEqual({ cf_zones: ['a', 'b'] })
})

it("asks with our app's filter where Nautobot's of that name leaves out what is below", async () => {
  const { call, sent } = await setup({
    describe: () => INTERFACES,
    count: () => ({ count: 300 }),
    graphql: () => ({ data: { rows: [] } })
  })
  const filters = { location: ['EMEA', 'AMER'] }
  const { text, facts } = await call('count', { model: 'dcim.device', filters })
  await call('count', { model: 'dcim.device', filters: { location__n: 'EMEA' } })
  await call('find', { model: 'dcim.device', filters })

  expect(text.count).toBe(300)
  expect(facts.links[0]?.url).toBe(
    'https://nautobot.example.com/dcim/devices/?nautobot_ai_ops_location=EMEA&nautobot_ai_ops_location=AMER&clear_view=true'
  )
  expect(sent('/count/').map(({ query }) => query.toString())).toEqual([
    'nautobot_ai_ops_location=EMEA&nautobot_ai_ops_location=AMER',
    'nautobot_ai_ops_location__n=EMEA'
  ])
  expect(graphqlText(sent('/graphql/')[0])).toContain('nautobot_ai_ops_location: ["EMEA", "AMER"]')
})

it("describes and explains our app's filter by the name that people use", async () => {
  const { call } = await setup({
    describe: () => INTERFACES,
    count: (_, response) =>
      json(response, 400, {
        nautobot_ai_ops_location: [
          'Select a valid choice. EMAE is not one of the available choices.'
        ]
      })
  })
  const described = await call('describe', { model: 'dcim.device', name: 'location' })
  const refused = await call('count', { model: 'dcim.device', filters: { location: 'EMAE' } })

  expect(described.text.filter).toEqual(
    expect.objectContaining({ takes: 'name or id, with everything below it' })
  )
  expect(errorOf(refused).message).toBe(
    'location: Select a valid choice. EMAE is not one of the available choices.'
  )
})
