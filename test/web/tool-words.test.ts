import { expect, test } from 'vitest'
import { nounOf, pluralOf } from '../../src/web/nouns.ts'
import { callWords, MAX_SUMMARY_CHARS } from '../../src/web/tool-words.ts'

test.each([
  [
    'count',
    { model: 'dcim.device', filters: { location: ['AMS01'] }, group_by: 'role', top: 100 },
    'Count devices',
    'location AMS01 · by role'
  ],
  [
    'find',
    { model: 'ipam.ipaddress', filters: { has_nat_inside: false }, fields: ['address'], limit: 50 },
    'Find IP addresses',
    'without nat inside'
  ],
  [
    'find',
    { model: 'dcim.device', filters: { has_primary_ip: false, cf_owner__ic: 'x' } },
    'Find devices',
    'without primary IP · owner contains x'
  ],
  [
    'find',
    { model: 'extras.objectchange', filters: { time__gte: '2026-11-16T07:20:30Z' } },
    'Find changes',
    'time from 2026-11-16 07:20 UTC'
  ],
  [
    'changes',
    { since: 'Friday', model: 'dcim.device', location: ['Europe'], limit: 20 },
    'Changes of devices',
    'since Friday · location Europe'
  ],
  [
    'count',
    { model: 'dcim.device', group_by: ['role', 'status'] },
    'Count devices',
    'by role, status'
  ],
  ['find', { model: 'all switches' }, 'Find all switches', ''],
  [
    'observability__query_range',
    { query: 'up', limit: 5, model: 'dcim.device' },
    'Observability query range',
    'query up · limit 5 · model dcim.device'
  ]
])('%s with %j reads as words', (name, args, title, details) => {
  expect(callWords(name, JSON.stringify(args))).toEqual({ title, details })
})

test('arguments that have not all arrived are not guessed at', () => {
  expect(callWords('count', '{"model": "dcim.de')).toEqual({ title: 'Count', details: '' })
})

test('a long argument is cut for the one line', () => {
  const { details } = callWords('x', JSON.stringify({ a: 'b'.repeat(1_000) }))
  expect(details).toHaveLength(MAX_SUMMARY_CHARS)
})

test.each([
  ['dcim.device', 'device', 'devices'],
  ['dcim.devicetype', 'device type', 'device types'],
  ['ipam.prefix', 'prefix', 'prefixes'],
  ['ipam.vlangroup', 'VLAN group', 'VLAN groups'],
  ['dcim.devicefamily', 'device family', 'device families'],
  ['dcim.virtualchassis', 'virtual chassis', 'virtual chassis'],
  ['dcim.interfacetemplate', 'interface template', 'interface templates'],
  ['users.group', 'group', 'groups']
])('%s is a %s, several are %s', (model, one, several) => {
  expect([nounOf(model), pluralOf(model)]).toEqual([one, several])
})
