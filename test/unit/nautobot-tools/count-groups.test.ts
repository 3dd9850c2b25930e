import { expect, it } from 'vitest'
import { errorOf, setup } from '../../support/fake-nautobot.ts'

const LINK = 'https://nautobot.example.com/dcim/devices/'
const group = (labels: (string | null)[], count: number, more = {}) => ({
  values: labels.map((label) => label && `id-${label}`),
  labels,
  count,
  filters: null,
  ...more
})

it('ranks groups, names what is not set, withholds what may not be seen and says what is left out', async () => {
  const { call, sent } = await setup({
    count: () => ({
      count: 40,
      groups: [
        group(['switch'], 20),
        { ...group([null], 6), values: ['id-2'] },
        group([null], 4, { filters: { role__isnull: 'true' } })
      ],
      more: { groups: 7, objects: 10 }
    })
  })
  const { text, facts } = await call('count', { model: 'dcim.device', group_by: 'role', top: 3 })

  expect(text).toEqual({
    model: 'dcim.device',
    count: 40,
    group_by: 'role',
    groups: [
      { label: 'switch', count: 20 },
      { label: '(not visible to you)', count: 6 },
      { label: '(none)', count: 4 }
    ],
    more: { groups: 7, objects: 10 },
    gaps: facts.gaps
  })
  expect(facts.rows).toBe(3)
  expect(facts.gaps).toEqual([
    expect.stringMatching(/^The 3 largest groups by role are shown; 7 more groups with 10 objects/),
    'Some names of role are hidden: your rights do not show them.'
  ])
  expect(sent('/count/')[0]?.query.toString()).toBe('group_by=role&top=3')
})

it('groups by two fields with one request, and links each group that a list can show', async () => {
  const { call, sent } = await setup({
    count: () => ({
      count: 9,
      groups: [
        group(['switch', 'Active'], 5, { filters: { role: 'id-switch', status: 'id-Active' } }),
        group(['switch', null], 3),
        group(['router', 'Active'], 1, { filters: { role: 'id-router', location: 'id-ams' } })
      ]
    })
  })
  const { text, facts } = await call('count', {
    model: 'devices',
    group_by: ['role', 'status'],
    filters: { location: 'AMS01' }
  })

  expect(sent('/count/')[0]?.query.toString()).toBe('location=AMS01&group_by=role&group_by=status')
  expect(text.group_by).toEqual(['role', 'status'])
  expect(text.groups).toEqual([
    { labels: ['switch', 'Active'], count: 5 },
    { labels: ['switch', '(none)'], count: 3 },
    { labels: ['router', 'Active'], count: 1 }
  ])
  expect(facts.links).toEqual([
    { label: 'Devices: 9', url: `${LINK}?location=AMS01&clear_view=true` },
    {
      label: 'Devices, switch, Active: 5',
      url: `${LINK}?location=AMS01&role=id-switch&status=id-Active&clear_view=true`
    }
    // None for the last one: a second location would show more than the group.
  ])
})

it('says of an object with several values that it counts in each group', async () => {
  const { call } = await setup({
    count: () => ({ count: 2, groups: [group(['lab'], 2)], overlapping: true })
  })
  const { facts } = await call('count', { model: 'devices', group_by: 'tags' })

  expect(facts.gaps).toEqual(['An object with several values of tags counts in each group.'])
})

it.each([[['role', 'status', 'location']], [''], [[7]]])(
  'refuses to group by %j',
  async (group_by) => {
    const { call, sent } = await setup()

    expect(errorOf(await call('count', { model: 'devices', group_by }))).toMatchObject({
      isError: true,
      code: 'INVALID_REQUEST'
    })
    expect(sent('/count/')).toHaveLength(0)
  }
)
