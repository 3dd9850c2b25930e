import { expect, it } from 'vitest'
import { checkClaims } from '../../../../src/agent/claims/check-claims.ts'
import { MAX_FACT_CHARACTERS } from '../../../../src/agent/claims/facts.ts'
import { MAX_CLAIMS } from '../../../../src/agent/claims/find-claims.ts'

function missing(answer: string, results: readonly unknown[] = [], words: readonly string[] = []) {
  const texts = results.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return checkClaims(answer, { results: texts, words })
    .filter(({ verdict }) => verdict === 'missing')
    .map(({ claim }) => claim.text)
}

it.each([
  [
    'dates and times',
    'On 2026-11-26 at 14:03:22, 26.11.2026, 12/03/2026, 3 March 2026, 3 pm, 14:30 Uhr.'
  ],
  ['durations', 'It took 35 minutes, the last one 3 Tage; wait 30 s.'],
  ['years', 'Bought in 2021, replaced March 2025.'],
  ['versions', 'IOS-XE 17.9.4a, Junos 21.4R3-S5, version 22.2, v3.1, EOS 4.28.3M'],
  ['ordinals', 'The 1st, 2nd and 23rd; am 3. Standort.'],
  ['numbers of a list', '1. first\n2. second\n10) tenth\n## 3. Heading'],
  ['its own parts', 'There are 2 options; see step 3, option 1, top 5, in 3 Schritten.'],
  ['standards', 'IPv6 over 802.1Q, RFC 1918, OSPFv3, SSHv2, QSFP28, TCP/443, UDP port 123.'],
  [
    'code',
    '```\nssh admin@10.9.9.9\nvlan 77\n```\nRun `show vlan id 77`, filter `name__ic=x1`, `primary_ip4`.'
  ],
  ['examples in quotes', 'Ask “How many devices are at AMS99?” or "Show me the racks in NYC77".'],
  ['addresses of the web', 'See https://10.0.0.7/x1?y=99 and [this](http://h9/a-1).'],
  ['what a placeholder hides', 'The community is [hidden-3fa2c81d09] of [email-0123456789].'],
  ['what everybody knows', 'Private space 10.0.0.0/8 with 255.255.255.0 or wildcard 0.0.0.255.']
])('skips %s', (_name, answer) => {
  expect(missing(answer)).toEqual([])
})

it.each([
  ['case and short names', 'AMS01-RTR-01 is ams01-rtr-01.example.net', 'ams01-rtr-01'],
  [
    'a short form of an interface',
    'Gi1/0/7, Te1/1/1',
    'GigabitEthernet1/0/7 TenGigabitEthernet1/1/1'
  ],
  ['a long form of an interface', 'GigabitEthernet1/0/7', 'Gi1/0/7 is down'],
  ['a range of interfaces', 'Ethernet1/1-4', 'Ethernet1/1 Ethernet1/2 Ethernet1/3 Ethernet1/4'],
  ['device and interface', 'lon01:xe-0/0/1', '["lon01","xe-0/0/1"]'],
  ['one address in several spellings', '2001:DB8::1', '2001:db8:0:0:0:0:0:1/64'],
  ['the network of an address', '10.0.4.0/22 up to 10.0.7.255', '"10.0.5.9/22"'],
  ['formats of numbers', "1,234 and 1.234 and 1'234 and 1 234", '{"count":1234}'],
  ['rounding', 'about 1,200, 1.2k', '{"count":1234}'],
  ['units', '10 Gbps and 9.2 kW', '{"speed":10000000,"power":9216}'],
  ['a wild card', 'ams01-sw-*', 'ams01-sw-01']
])('takes %s for what it is', (_name, answer, result) => {
  expect(missing(answer, [result])).toEqual([])
})

it('finds what follows from the data, not what only resembles it', () => {
  const groups = [
    { label: 'AMS01', count: 18 },
    { label: 'LON01', count: 14 },
    { label: 'FRA02', count: 9 }
  ]
  const data = [{ count: 41, groups }]
  expect(missing('AMS01 and LON01 have 32 together, 78 % of 41; 4 more in AMS01.', data)).toEqual(
    []
  )
  const rooms = [{ groups: ['R1', 'R2'].map((room) => ({ label: `AMS01-${room}`, count: 6 })) }]
  expect(missing('AMS01 has 12.', rooms)).toEqual([])
  expect(missing('AMS01 has 19 devices, 52 %.', data)).toEqual(['19', '52'])
  expect(missing('**ams01-rtr**', ['ams01-rtr-11'])).toEqual(['ams01-rtr'])
  expect(missing('ams01-rtr-1', ['ams01-rtr-11', 'x-ams01-rtr-1'])).toEqual(['ams01-rtr-1'])
})

it('takes the number of a VLAN, an AS or a length from the data alone', () => {
  const data = [
    {
      rows: [
        [10, 'a'],
        [20, 'b'],
        [30, 'c']
      ]
    }
  ]
  expect(missing('VLANs 10, 20 and 30', data)).toEqual([])
  expect(missing('VLANs 10, 20 and 50; VLAN 3, AS 60, a /24', data)).toEqual([
    '50',
    '3',
    '60',
    '/24'
  ])
})

it('knows names without digits where the answer says that they are names', () => {
  const answer =
    'The tenant Contoso and the vendor Juniper.\n\n| Site | n |\n|---|---|\n| Utrecht | |\n'
  expect(missing(answer, ['Contoso'])).toEqual(['Juniper', 'Utrecht'])
})

it('looks at a bounded number of claims and characters, the newest results first', () => {
  const many = Array.from({ length: MAX_CLAIMS + 100 }, (_, index) => `new-${index}`).join(' ')
  expect(missing(many)).toHaveLength(MAX_CLAIMS)

  const filler = 'x '.repeat(MAX_FACT_CHARACTERS / 2)
  expect(missing('ams01', ['ams01', filler])).toEqual(['ams01'])
  expect(missing('ams01', [filler, 'ams01'])).toEqual([])
})

it('calls nothing missing that it had no time to look for', () => {
  const many = Array.from({ length: MAX_CLAIMS }, (_, index) => `new-${index}`).join(' ')
  const found = MAX_CLAIMS - missing(many, ['x '.repeat(MAX_FACT_CHARACTERS / 2)]).length
  expect(found).toBeGreaterThan(0)
})

it.each([
  ['links that never end', '[a]('.repeat(25_000), 'x'],
  ['spaces', `${'--'.repeat(40)}${' '.repeat(90_000)}x1`, 'x'],
  ['dots in a word', `a1${'.'.repeat(90_000)}b`, 'x'],
  ['a number without end', `1${' 000'.repeat(24_000)}`, 'x'],
  ['quotes', '"a '.repeat(33_000), 'x'],
  ['code', `${'`a'.repeat(40_000)}${'<a'.repeat(9_000)}`, 'x'],
  ['names that nearly are in the data', 'ab1 '.repeat(25_000), 'ab-'.repeat(130_000)],
  ['commas in the data', '17 devices', `1${',.'.repeat(190_000)}5`],
  ['brackets in the data', '17 devices', '{"a":['.repeat(60_000)]
])('takes no long time over %s', (_name, answer, result) => {
  const startedAt = process.cpuUsage()
  missing(answer, [result])
  const { user, system } = process.cpuUsage(startedAt)
  expect((user + system) / 1_000).toBeLessThan(2_000)
})
