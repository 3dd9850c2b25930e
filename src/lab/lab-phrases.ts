import type { LabQuery } from './lab-query.ts'

/** Singular and plural of what a model holds. */
const NAMES: Readonly<Record<string, readonly [one: string, many: string]>> = {
  'dcim.device': ['device', 'devices'],
  'dcim.interface': ['interface', 'interfaces'],
  'dcim.location': ['location', 'locations'],
  'dcim.rack': ['rack', 'racks'],
  'dcim.devicetype': ['device type', 'device types'],
  'dcim.platform': ['platform', 'platforms'],
  'dcim.manufacturer': ['manufacturer', 'manufacturers'],
  'ipam.vlan': ['VLAN', 'VLANs'],
  'ipam.vlangroup': ['VLAN group', 'VLAN groups'],
  'ipam.prefix': ['prefix', 'prefixes'],
  'ipam.ipaddress': ['IP address', 'IP addresses'],
  'circuits.circuit': ['circuit', 'circuits'],
  'circuits.provider': ['provider', 'providers'],
  'circuits.circuittype': ['circuit type', 'circuit types'],
  'extras.objectchange': ['change', 'changes'],
  'extras.role': ['role', 'roles'],
  'extras.tag': ['tag', 'tags'],
  'extras.status': ['status', 'statuses']
}

const or = (values: readonly string[]) => values.join(' or ')

/** How each filter reads, before (`adjective`) or behind the noun. */
const ADJECTIVES: Readonly<Record<string, (values: readonly string[]) => string>> = {
  status: (values) => or(values).toLowerCase(),
  status__n: (values) => `non-${or(values).toLowerCase()}`,
  enabled: ([value]) => (value === 'true' ? 'enabled' : 'disabled')
}
const PHRASES: Readonly<Record<string, (values: readonly string[]) => string>> = {
  // A code with a number is a site, any other name an area.
  location: (values) => `${/\d/.test(values[0] ?? '') ? 'at' : 'in'} ${or(values)}`,
  subtree: (values) => `in ${or(values)}`,
  tenant: (values) => `of tenant ${or(values)}`,
  manufacturer: (values) => `made by ${or(values)}`,
  platform: (values) => `with platform ${or(values)}`,
  device_type: (values) => `of type ${or(values)}`,
  tags: (values) => `with the tag ${values.join(' and ')}`,
  provider: (values) => `from ${or(values)}`,
  circuit_type: (values) => `of type ${or(values)}`,
  device: (values) => `of ${or(values)}`,
  rack: (values) => `in rack ${or(values)}`,
  name__ie: (values) => `named ${or(values)}`,
  vid: (values) => `with ID ${or(values)}`,
  vlan_vid: (values) => `in VLAN ${or(values)}`,
  within_include: (values) => `inside ${or(values)}`,
  prefix: (values) => `inside ${or(values)}`,
  address: (values) => `with address ${or(values)}`,
  has_primary_ip: ([value]) => `${value === 'true' ? 'with' : 'without'} a primary IP address`
}

/** What was asked for, in words: `active switches at AMS01`. */
export function describeQuery({ model, filters, saidAs }: LabQuery, count: number): string {
  const entries = Object.entries(filters)
  const special = entries.find(([name, values]) => isNoun(model, name, values))
  const noun = special ? plural(toWords(special[1][0]), count) : nounOf(model, count)
  const others = entries.filter((entry) => entry !== special)
  const adjectives = others.flatMap(([name, values]) => ADJECTIVES[name]?.(values) ?? [])
  const phrases = others
    .filter(([name]) => !ADJECTIVES[name])
    .map(([name, values]) => phraseOf(name, shown(values, saidAs)))
  return [...adjectives, noun, ...phrases].join(' ')
}

/** One role of devices, or one kind of places, has a name of its own. */
function isNoun(model: string, name: string, values: readonly string[]): boolean {
  const isRole = model === 'dcim.device' && name === 'role'
  return values.length === 1 && (isRole || name === 'location_type')
}

function toWords(value = ''): string {
  return value.toLowerCase().replaceAll('-', ' ')
}

function phraseOf(name: string, values: readonly string[]): string {
  const isPage = values.length === 1 && values[0] === PAGE_OBJECT
  if (isPage && ['location', 'subtree'].includes(name)) return 'here'
  return PHRASES[name]?.(values) ?? `with ${name.replaceAll('_', ' ').trim()} ${or(values)}`
}

export function nounOf(model: string, count: number): string {
  const [one, many] = NAMES[model] ?? [model.split('.')[1] ?? model, `${model.split('.')[1]}s`]
  return count === 1 ? one : many
}

function plural(word: string, count: number): string {
  if (count === 1) return word
  if (word.endsWith('y')) return `${word.slice(0, -1)}ies`
  return /(?:s|x|ch)$/.test(word) ? `${word}es` : `${word}s`
}

const PAGE_OBJECT = 'this object'

/** The id of the page's own object is no name for people. */
function shown(values: readonly string[], saidAs: LabQuery['saidAs'] = {}): readonly string[] {
  return values.map((value) => {
    if (/^[0-9a-f-]{36}$/i.test(value)) return PAGE_OBJECT
    const said = Object.hasOwn(saidAs, value) ? saidAs[value] : undefined
    return said === undefined ? value : `${value} (${said})`
  })
}
