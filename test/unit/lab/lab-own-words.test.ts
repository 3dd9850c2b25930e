import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLab } from './support/asking.ts'
import { at, devices, network } from './support/network.ts'

const { changes, circuits, interfaces, prefixes, racks, vlans } = network
let lab: Awaited<ReturnType<typeof openLab>>

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

type Device = Parameters<Parameters<typeof devices>[0] & object>[0]
const inside = (place: string, role?: string) =>
  devices((device: Device) => at(place)(device) && (!role || device.role === role)).length
const count = (fits: Parameters<typeof devices>[0]) => devices(fits).length
const tagged = (tag: string, role: string) =>
  devices((device) => device.tags.includes(tag) && device.role === role).length

test.each<[question: string, said: string]>([
  [
    'how many switches are there in Europe?',
    `**${inside('EMEA', 'switch')}** switches in EMEA (Europe)`
  ],
  ['european routers', `**${inside('EMEA', 'router')}** routers in EMEA (European)`],
  ['how many devices in the americas', `**${inside('AMER')}** devices in AMER (Americas)`],
  [
    'how many prefixes in asia/pacific?',
    `**${prefixes.filter(at('APAC')).length}** prefixes in APAC (Asia/pacific)`
  ],
  ['how many devices in the US', `**${inside('United States')}** devices in United States (USA)`],
  ['how many devices in the us', `**${inside('United States')}** devices in United States (USA)`],
  [
    'how many routers in USA',
    `**${inside('United States', 'router')}** routers in United States (USA)`
  ],
  ['how many firewalls in uk', `**${inside('United Kingdom', 'firewall')}** firewall in United K`],
  ['tell us how many devices we have', `**${devices().length}** devices.`],
  ['devices in london', `**${inside('LON01')}** devices at LON01 (London)`],
  ['how many devices at telehouse', `**${inside('LON01')}** devices at LON01 (Telehouse)`],
  ['racks in nyc', `**${racks.filter(at('NYC01')).length}** racks at NYC01 (NYC)`],
  [
    'vlan 20 in london',
    `**${vlans.filter((vlan) => vlan.vid === 20 && at('LON01')(vlan)).length}** VLAN with ID 20`
  ],
  ['how many devices are in ASM01', `**AMS01**. There are **${inside('AMS01')}** devices`],
  ['how many fw do we have', `**${devices(({ role }) => role === 'firewall').length}** firewalls`],
  ['show me all rtrs in nyc', `**${inside('NYC01', 'router')}** routers at NYC01`],
  [
    'devices w/o ip',
    `**${devices(({ primaryIp4 }) => primaryIp4 === null).length}** devices without`
  ],
  ['show eol switches', `**${tagged('end-of-life', 'switch')}** switches with the tag end-of-life`],
  [
    'list devices running ios xe in emea',
    `**${devices((d) => d.platform === 'Cisco IOS XE' && at('EMEA')(d)).length}** devices with pl`
  ],
  [
    'any failed stuff?',
    `**${devices(({ status }) => status === 'Failed').length}** failed devices`
  ],
  [
    'how many sw at ams01 and how many at fra01',
    `**${inside('AMS01', 'switch') + inside('FRA01', 'switch')}** switches at AMS01 or FRA01`
  ],
  [
    'how many offline circuits',
    `**${circuits.filter(({ status }) => status === 'Offline').length}** offline circuit`
  ],
  ['wheres fra01-sw-03', 'Device **fra01-sw-03**'],
  ['serial number of ams01-fw-01', '| serial | PA4211 |'],
  ['what os runs on fra01-rtr-01', '| platform | Junos |'],
  ['model of ams01-sw-03', '| device type | DCS-7050SX3-48YC8 |'],
  ['is there a device called lon01-sw-01', '**1** device named lon01-sw-01'],
  ['firewalls not active', '**1** non-active firewall'],
  ['who did what on ams01-sw-06 this week', '**1** change of ams01-sw-06'],
  ['who owns 10.255.0.1', 'ams01-rtr-01'],
  [
    'who changed something on ams01 this week',
    `**${changes.filter(({ name, hoursAgo }) => /ams01/.test(name) && hoursAgo <= 168).length}** changes at ams01`
  ],
  ['last 3 changes', 'The newest **3** of **']
])('answers "%s" typed as people type', async (question, said) => {
  expect((await lab.converse()(question)).text).toContain(said)
})

test.each<[question: string, row: string]>([
  ['are all routers active?', '| Planned | 1 |'],
  [
    'which tenant has the most devices',
    `| Corporate IT | ${devices(({ tenant }) => tenant === 'Corporate IT').length} |`
  ]
])('answers "%s" with a distribution', async (question, row) => {
  const { text } = await lab.converse()(question)
  expect(text).toContain(row)
  expect(text).toContain('| --- | ---: |')
})

test.each([
  ['what is the weather', 'I only know a dozen kinds of questions'],
  ['whats the weather like today', 'I only know a dozen kinds of questions'],
  ['tell me about the weather', 'I only know a dozen kinds of questions'],
  ['compare ams01 and fra01', 'I do not understand'],
  ['compare ams01-sw-01 and ams01-sw-02', 'I do not understand'],
  ['how many aps in amsterdam', 'Did you mean **AMS01** or **AMS02**?'],
  ['which devices are in equinix', 'Did you mean **AMS01** or'],
  ['racks in frankfurt', 'Did you mean **FRA01**?'],
  ['switches in south america', 'I do not know what “south america” is'],
  ['which prefixes have no vlan', 'I do not know what “no” is'],
  ['how many devices have no tenant', 'I do not know what “no” is'],
  ['switches not in ams01', 'I do not know what “not” is'],
  ['how many devices except access points', 'I do not know what “except” is'],
  ['how many ips are there in ams01', 'I cannot select IP addresses by location'],
  ['how many devices are in ZZZ99', 'I do not know what “ZZZ99” is'],
  ['how many free ports on ams01-sw-01', 'I do not know what “free” is'],
  ['who changed what in Europa', 'is not one of the available choices']
])('says so instead of answering something else: "%s"', async (question, said) => {
  expect((await lab.converse()(question)).text).toContain(said)
})

test('goes on with a word or two', async () => {
  const ask = lab.converse()
  await ask('how many devices at telehouse')
  expect((await ask('switches?')).text).toContain(
    `**${inside('LON01', 'switch')}** switches at LON01`
  )
  expect((await ask('ips?')).text).toContain('I cannot select IP addresses by location')
  expect((await ask('and in the US')).text).toContain('in United States (USA)')
})

test('goes on with what a device has', async () => {
  const ask = lab.converse()
  await ask('tell me about ams01-rtr-01')
  const own = interfaces.filter(({ device }) => device === 'ams01-rtr-01')
  expect((await ask('interfaces?')).text).toContain(`**${own.length}** interfaces of ams01-rtr-01`)
  expect((await ask('ips?')).text).toContain('IP addresses of ams01-rtr-01')
})

test('goes on about changes, by another user and at another time', async () => {
  const ask = lab.converse()
  const yesterday = await ask('what changed yesterday')
  expect(yesterday.text).toContain(' 00:00 UTC until ')
  expect((await ask('by alice?')).text).toContain('by alice since')
  expect((await ask('and bob')).text).toContain('by bob since')
  expect((await ask('and today?')).text).not.toContain('until')
})

test('says what rights hide instead of counting nothing', async () => {
  const restricted = await openLab('restricted')
  try {
    for (const question of ['how many devices are in FRA01?', 'which devices are in FRA01']) {
      const { text } = await restricted.converse()(question)
      expect(text).toMatch(/^Your rights do not show the location "FRA01"/)
      expect(text).not.toMatch(/\bno\b\W+devices/)
    }
  } finally {
    await restricted.close()
  }
})

test.each<[talk: readonly string[], said: string]>([
  [
    ['How many VLANs are in Amsterdam?', 'and in Paris?', 'and in London?'],
    `**${vlans.filter(at('LON01')).length}** VLANs at LON01`
  ],
  [
    ['How many routers are in AMS01?', 'How many racks are in Amsterdam?', 'and in FRA01?'],
    `**${racks.filter(at('FRA01')).length}** racks at FRA01`
  ],
  [
    ['How many racks are in Amsterdam?', 'AMS01'],
    `**${racks.filter(at('AMS01')).length}** racks at AMS01`
  ],
  // Whose they are would be lost.
  [
    ['How many active devices in Amsterdam belong to Retail?', 'and in AMS01?'],
    'I do not understand'
  ],
  [['How many racks are in Amsterdam?', 'and by status?'], 'I do not understand']
])('goes on about what was asked when a name in it was not known: %j', async (talk, said) => {
  const ask = lab.converse()
  let text = ''
  for (const question of talk) text = (await ask(question)).text

  expect(text).toContain(said)
})

test.each<[question: string, said: string]>([
  ['how many devices have the role firewall', `**${count((d) => d.role === 'firewall')}**`],
  ['how many devices have the tag pci', `**${count((d) => d.tags.includes('pci'))}**`],
  ['devices with tag "pci"', `**${count((d) => d.tags.includes('pci'))}**`],
  ['list the tags', `| critical | ${count((d) => d.tags.includes('critical'))} |`],
  ['what tags do we have?', `| pci | ${count((d) => d.tags.includes('pci'))} |`],
  ['which tags do devices have?', `| pci | ${count((d) => d.tags.includes('pci'))} |`],
  ['which roles do devices have?', `| router | ${count((d) => d.role === 'router')} |`],
  ['how many tags are there?', `**${network.tags.length}** tags`],
  ['list the roles', '| Administrative |']
])('knows roles and tags: "%s"', async (question, said) => {
  expect((await lab.converse()(question)).text).toContain(said)
})

const disabled = interfaces.filter((one) => one.enabled === false)
const ofPlace = (place: string) => {
  const there = new Set(devices(at(place)).map(({ name }) => name))
  return (one: { readonly device: string }) => there.has(one.device)
}

test.each<[question: string, said: string]>([
  ['how many interfaces are at FRA01', `**${interfaces.filter(ofPlace('FRA01')).length}** interf`],
  [
    'how many disabled ports in emea?',
    `**${disabled.filter(ofPlace('EMEA')).length}** disabled interfaces in EMEA`
  ],
  ['top 3 sites by device count', `| AMS01 | ${inside('AMS01')} |`],
  ['top roles by number of devices', `| router | ${count((d) => d.role === 'router')} |`],
  [
    'wich devices run junos',
    `**${count((d) => d.platform === 'Junos')}** devices with platform Junos`
  ],
  ['is 10.255.0.1 used anywhere?', '| 10.255.0.1/32 |'],
  ['what changed on ams01-rtr-1?', 'There is no device'],
  // What is not understood is not answered as something else.
  ['which ports were shut down yesterday', 'I do not know what'],
  ['are all interfaces enabled?', 'I do not know what'],
  ['which devices have disabled interfaces?', 'I do not know what'],
  ['top 3 switches by location', 'I do not know what']
])('knows what people mean: "%s"', async (question, said) => {
  expect((await lab.converse()(question)).text).toContain(said)
})
