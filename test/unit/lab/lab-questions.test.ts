import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLab } from './support/asking.ts'
import { at, devices, network } from './support/network.ts'

const { changes, circuits, interfaces, locations, prefixes, racks, vlans } = network
let lab: Awaited<ReturnType<typeof openLab>>

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

const role = (name: string) => (device: { role: string }) => device.role === name
const deviceCount = (fits: Parameters<typeof devices>[0]) => devices(fits).length
const hoursSinceYesterday = () => 24 + (Date.now() % 86_400_000) / 3_600_000

test.each<[question: string, number: number]>([
  ['How many devices are in AMS01?', deviceCount(at('AMS01'))],
  ['how many devices does ams01 have', deviceCount(at('AMS01'))],
  ['How many devices are there in total?', devices().length],
  [
    'how many switches are at the site FRA01?',
    deviceCount((d) => role('switch')(d) && at('FRA01')(d))
  ],
  [
    'number of active switches in the EMEA region',
    deviceCount((d) => role('switch')(d) && at('EMEA')(d) && d.status === 'Active')
  ],
  [
    'how many routers are in the united kingdom',
    deviceCount((d) => role('router')(d) && at('United Kingdom')(d))
  ],
  ['How many acces points are there?', deviceCount(role('access-point'))],
  ['hwo many swiches does ams1 have', deviceCount((d) => role('switch')(d) && at('AMS01')(d))],
  [
    'How many switches and routers are at FRA01?',
    deviceCount((d) => ['switch', 'router'].includes(d.role) && at('FRA01')(d))
  ],
  [
    'How many devices of role router and status active?',
    deviceCount((d) => role('router')(d) && d.status === 'Active')
  ],
  ['how many devices have no primary IP address', deviceCount((d) => d.primaryIp4 === null)],
  ['Which devices don’t have a primary ip?', deviceCount((d) => d.primaryIp4 === null)],
  [
    'Which switches lack a primary address in NYC01?',
    deviceCount((d) => role('switch')(d) && d.primaryIp4 === null && at('NYC01')(d))
  ],
  ['Which devices are not active?', deviceCount((d) => d.status !== 'Active')],
  [
    'how many of our devices are planned or staged?',
    deviceCount((d) => ['Planned', 'Staged'].includes(d.status))
  ],
  ['Are there any failed devices?', deviceCount((d) => d.status === 'Failed')],
  ['which devices are tagged critical', deviceCount((d) => d.tags.includes('critical'))],
  [
    'how many pci devices are at LON01',
    deviceCount((d) => d.tags.includes('pci') && at('LON01')(d))
  ],
  ['how many devices belong to tenant retail', deviceCount((d) => d.tenant === 'Retail')],
  ['how many devices run Junos', deviceCount((d) => d.platform === 'Junos')],
  [
    'How many Cisco devices do we have?',
    deviceCount((d) =>
      network.deviceTypes.some((t) => t.model === d.deviceType && t.manufacturer === 'Cisco')
    )
  ],
  [
    'show me the routers in AMS01 and FRA01',
    deviceCount((d) => role('router')(d) && (at('AMS01')(d) || at('FRA01')(d)))
  ],
  ['which devices are in rack AMS01-R1-01', deviceCount((d) => d.rack === 'AMS01-R1-01')],
  ['Which VLANs are at LON01?', vlans.filter(at('LON01')).length],
  ['Which VLANs are there at each location?', vlans.length],
  ['show me vlan 30', vlans.filter(({ vid }) => vid === 30).length],
  ['Show the prefixes of AMS02', prefixes.filter(at('AMS02')).length],
  ['List the prefixes that are in use', prefixes.filter((p) => p.status === 'Active').length],
  ['prefixes in VLAN 20', prefixes.filter((p) => p.vlan === 20).length],
  [
    'what prefixes are inside 10.10.0.0/20',
    prefixes.filter((p) => /^10\.10\.\d\./.test(p.prefix) && p.prefix !== '10.10.0.0/16').length
  ],
  ['Which circuits does Zayo provide?', circuits.filter((c) => c.provider === 'Zayo').length],
  ['How many circuits are offline?', circuits.filter((c) => c.status === 'Offline').length],
  [
    'which circuits end in AMS01?',
    circuits.filter((c) => c.a === 'AMS01' || c.z === 'AMS01').length
  ],
  [
    'which sites are in EMEA?',
    locations.filter((l) => l.type === 'Site').filter((l) => at('EMEA')({ location: l.name }))
      .length
  ],
  ['How many racks are in AMS01?', racks.filter(at('AMS01')).length],
  ['show interfaces of ams01-rtr-01', interfaces.filter((i) => i.device === 'ams01-rtr-01').length],
  [
    'Who changed what since yesterday?',
    changes.filter((c) => c.hoursAgo <= hoursSinceYesterday()).length
  ],
  ['Who changed what this week?', changes.filter((c) => c.hoursAgo <= 168).length],
  ['What has changed in the last 2 days?', changes.filter((c) => c.hoursAgo <= 48).length],
  ['how many changes were made in the last 2 days', changes.filter((c) => c.hoursAgo <= 48).length],
  ['What did alice change?', changes.filter((c) => c.user === 'alice').length],
  ['what was deleted this week?', changes.filter((c) => c.action === 'delete').length],
  [
    'Has anything changed on nyc01-sw-03?',
    changes.filter((c) => c.name === 'nyc01-sw-03').length + 1
  ]
])('answers "%s" with %i', async (question, number) => {
  const { text } = await lab.converse()(question)
  expect(text).toContain(`**${number}**`)
})

test.each<[question: string, groups: readonly (readonly [label: string, count: number])[]]>([
  [
    'How many devices are there, by role?',
    [
      ['switch', deviceCount(role('switch'))],
      ['firewall', deviceCount(role('firewall'))]
    ]
  ],
  [
    'devices by role and status',
    [
      ['router', deviceCount(role('router'))],
      ['firewall', deviceCount(role('firewall'))]
    ]
  ],
  [
    'how many devices per site?',
    [
      ['AMS01', deviceCount(at('AMS01'))],
      ['NYC01', deviceCount(at('NYC01'))]
    ]
  ],
  [
    'Which sites have firewalls?',
    [['AMS01', deviceCount((d) => role('firewall')(d) && at('AMS01')(d))]]
  ],
  [
    'how many devices in each region',
    [
      ['EMEA', deviceCount(at('EMEA'))],
      ['APAC', deviceCount(at('APAC'))]
    ]
  ],
  ['circuits by provider', [['Colt', circuits.filter((c) => c.provider === 'Colt').length]]],
  [
    'how many devices by tenant in EMEA',
    [['Retail', deviceCount((d) => d.tenant === 'Retail' && at('EMEA')(d))]]
  ]
])('distributes "%s"', async (question, groups) => {
  const { text } = await lab.converse()(question)
  for (const [label, count] of groups) expect(text).toContain(`| ${label} | ${count} |`)
})

test('goes on with "those" and "there"', async () => {
  const ask = lab.converse()
  expect((await ask('How many devices are in AMS01?')).text).toContain(
    `**${deviceCount(at('AMS01'))}**`
  )
  const switches = devices((d) => role('switch')(d) && at('AMS01')(d))
  expect((await ask('And how many of those are switches?')).text).toContain(
    `**${switches.length}**`
  )
  expect((await ask('Which ones?')).text).toContain(switches[0]?.name)
  expect((await ask('Which VLANs are there?')).text).toContain(
    `**${vlans.filter(at('AMS01')).length}** VLANs at AMS01`
  )
  expect((await ask('and in FRA01?')).text).toContain(
    `**${vlans.filter(at('FRA01')).length}** VLANs at FRA01`
  )
})

test('looks into the change log for the place of the question before', async () => {
  const ask = lab.converse()
  await ask('What VLANs does NYC01 have?')
  const { text } = await ask('and who changed what there this week?')
  const isThere = ({ name, objectType }: (typeof changes)[number]) =>
    objectType === 'dcim.device'
      ? /nyc01/.test(name)
      : circuits.some(({ cid, a, z }) => cid === name && (a === 'NYC01' || z === 'NYC01'))
  const expected = changes.filter((change) => isThere(change) && change.hoursAgo <= 168)
  expect(text).toContain(`**${expected.length}** changes at NYC01`)
})

test('goes on with another kind, another place, and no place at all', async () => {
  const ask = lab.converse()
  await ask('How many routers are in EMEA?')
  const inAmer = deviceCount((d) => role('router')(d) && at('AMER')(d))
  expect((await ask('And in AMER?')).text).toContain(`**${inAmer}** routers in AMER`)
  const firewalls = deviceCount((d) => role('firewall')(d) && at('AMER')(d))
  expect((await ask('what about firewalls?')).text).toContain(`**${firewalls}** firewalls in AMER`)
  expect((await ask('How many devices are there altogether?')).text).toContain(
    `**${devices().length}** devices.`
  )
})

test('tells about one object, and goes on with "it"', async () => {
  const ask = lab.converse()
  const about = await ask('Tell me about ams01-rtr-01')
  expect(about.text).toContain('| serial | JU4137 |')
  expect((await ask('who changed it?')).text).toContain('**2** changes')
  expect((await ask('what interfaces does it have?')).text).toContain('interfaces of ams01-rtr-01')
  expect((await ask('and its ip addresses?')).text).toContain('IP addresses of ams01-rtr-01')
})

test('sums up a location', async () => {
  const { text } = await lab.converse()('Tell me about AMS01')
  expect(text).toContain(`**${deviceCount(at('AMS01'))}** devices`)
  expect(text).toContain(`**${vlans.filter(at('AMS01')).length}** VLANs`)
  expect(text).toContain(`**${prefixes.filter(at('AMS01')).length}** prefixes`)
})

test('knows the page that the question was asked from', async () => {
  const device = await lab.converse('dcim.device:2cb7d2cd-6839-5289-b685-a5b2b2787482')
  expect((await device('Tell me about this')).text).toContain('Device **ams01-rtr-01**')
  expect((await device('What changed here this week?')).text).toContain(
    '**1** change of this object'
  )
  expect((await device('What is connected to this?')).text).toContain('I cannot follow cables')
  const place = lab.converse('dcim.location:06adcc38-b1ac-5a76-b34b-201bee0f9852')
  expect((await place('how many devices are here?')).text).toContain(
    `**${deviceCount(at('AMS01'))}** devices here`
  )
})

test('counts by two fields at once', async () => {
  const { text, calls } = await lab.converse()('devices by role and status in EMEA')
  const active = deviceCount((d) => role('router')(d) && at('EMEA')(d) && d.status === 'Active')

  expect(calls).toEqual([
    expect.objectContaining({
      name: 'count',
      args: expect.objectContaining({ group_by: ['role', 'status'] })
    })
  ])
  expect(text).toContain(
    `| router | ${deviceCount((d) => role('router')(d) && at('EMEA')(d))} | ${active} |`
  )
})

test.each<
  [question: string, sort: string[], read: (device: ReturnType<typeof devices>[number]) => string]
>([
  ['list the devices in AMS01 sorted by name', ['name'], ({ name }) => name],
  ['devices in AMS01 sorted by serial descending', ['-serial'], ({ serial }) => serial],
  [
    'show me the devices of AMS01 ordered by role and name',
    ['role', 'name'],
    (d) => `${d.role} ${d.name}`
  ]
])('sorts: "%s"', async (question, sort, read) => {
  const { text, calls } = await lab.converse()(question)
  const collator = new Intl.Collator('en', { numeric: true })
  const sorted = devices(at('AMS01')).toSorted((a, b) => collator.compare(read(a), read(b)))
  const expected = sort[0]?.startsWith('-') ? sorted.toReversed() : sorted
  const shown = [...text.matchAll(/^\| (ams01-\S+) \|/gm)].map(([, name]) => name)

  expect(calls.at(-1)?.args).toMatchObject({ sort })
  expect(shown).toEqual(expected.map(({ name }) => name))
})

test.each([
  ['what is 10.10.0.11/24?', 'IP address **10.10.0.11/24**', 'mgmt0'],
  ['which interface has the mac 02:00:5e:10:00:11', 'Interface **ams01-rtr-01 mgmt0**', ''],
  ['tell me about ams01-users', 'VLAN **20 ams01-users**', '** prefixes'],
  ['tell me about AMS01-R1-01', 'Rack **AMS01-R1-01**', '** devices: '],
  ['tell me about ams01-rtr-01', 'Device **ams01-rtr-01**', '** IP addresses: ']
])('tells about one object with what belongs to it: "%s"', async (question, head, related) => {
  const { text, calls } = await lab.converse()(question)

  expect(calls.map(({ name }) => name)).toEqual(['get'])
  expect(text).toContain(head)
  expect(text).toContain(related)
})

test.each([
  ['which filters do devices have?', 'has_primary_ip'],
  ['what fields do circuits have', 'commit_rate'],
  ['what status can a device have?', '**Active**'],
  ['which models are there?', 'dcim']
])('says what can be asked: "%s"', async (question, said) => {
  const { text, calls } = await lab.converse()(question)

  expect(calls.map(({ name }) => name)).toEqual(['describe'])
  expect(text).toContain(said)
})

test('tells what each change did', async () => {
  const { text, calls } = await lab.converse()('what changed on nyc01-sw-03?')

  expect(calls.map(({ name }) => name)).toEqual(['changes'])
  expect(text).toMatch(/\| .*→.* \|/)
})

test('says how it read a mistyped name', async () => {
  const { text } = await lab.converse()('how many devices are in ASM01')
  expect(text).toContain('I read “ASM01” as **AMS01**')
})

test.each([
  ['What is the meaning of life?', 'I do not understand'],
  ['And now?', 'I do not understand'],
  ['how many unicorns in AMS01', 'I do not understand'],
  ['How many devices are in Atlantis?', 'I do not know what “Atlantis” is'],
  ['How many devices are in Amsterdam?', 'Did you mean **AMS01** or **AMS02**?'],
  ['which racks are full', 'I do not know what “full” is'],
  ['which devices are up', 'I do not know what “up” is'],
  ['devices without tags', 'I do not know what “without” is'],
  ['tell me about ams01-rtr-99', 'Did you mean **ams01-rtr-01**'],
  ['count devices grouped by manufacturer', '"manufacturer" is not a field to group by'],
  ['how many devices are tagged nonsense', 'nonsense is not one of the available choices'],
  ['Delete ams01-rtr-01', 'I can only read'],
  ['How many VLANs and prefixes are in AMS01?', 'ask again for the prefixes'],
  ['What can you do?', 'rules, not a language model'],
  ['hello', 'embedded **lab model**']
])('says so instead of answering a broader question: "%s"', async (question, said) => {
  expect((await lab.converse()(question)).text).toContain(said)
})

test('answers from what the asking user may see', async () => {
  const restricted = await openLab('restricted')
  try {
    const few = await restricted.converse()('How many devices are there?')
    expect(few.text).toContain(`**${deviceCount(at('AMS01'))}** devices`)
    const log = await restricted.converse()('Who changed what this week?')
    expect(log.text).toContain('I could not read the change log')
  } finally {
    await restricted.close()
  }
})
