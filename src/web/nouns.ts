/** Nautobot writes model names without spaces: those that do not read as words. */
const NOUNS: Readonly<Record<string, string>> = {
  ipaddress: 'IP address',
  vlan: 'VLAN',
  vlangroup: 'VLAN group',
  vrf: 'VRF',
  asn: 'ASN',
  virtualmachine: 'virtual machine',
  virtualchassis: 'virtual chassis',
  vminterface: 'VM interface',
  objectchange: 'change',
  routetarget: 'route target',
  inventoryitem: 'inventory item',
  providernetwork: 'provider network',
  circuittermination: 'circuit termination',
  rackreservation: 'rack reservation',
  configcontext: 'config context',
  powerport: 'power port',
  poweroutlet: 'power outlet',
  powerpanel: 'power panel',
  powerfeed: 'power feed',
  consoleport: 'console port',
  consoleserverport: 'console server port',
  frontport: 'front port',
  rearport: 'rear port',
  devicebay: 'device bay',
  modulebay: 'module bay',
  softwareversion: 'software version',
  softwareimagefile: 'software image file'
}

const COMPOUND = /^(.+?)_?(type|group|template|family)$/

/** A model of Nautobot in words: `dcim.device` → `device`, `dcim.devicetype` → `device type`. */
export function nounOf(objectType: string): string {
  const model = objectType.split('.').at(-1) ?? objectType
  const known = NOUNS[model.toLowerCase()]
  if (known) return known
  const [, head, tail] = COMPOUND.exec(model) ?? []
  return head && tail ? `${nounOf(head)} ${tail}` : model.replaceAll('_', ' ')
}

/** Several of them: `ipam.prefix` → `prefixes`. What is no model's name is taken as it stands. */
export function pluralOf(objectType: string): string {
  if (!/^\w+\.\w+$/.test(objectType)) return objectType
  const noun = nounOf(objectType)
  if (/chassis$/.test(noun)) return noun
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(?:s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`
}
