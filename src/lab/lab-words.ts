import { editDistance } from '../platform/nearest.ts'

export type Filters = Readonly<Record<string, readonly string[]>>

/** What a noun asks about. */
export interface Noun {
  readonly model: string
  readonly filters?: Filters
  /** Sites, regions and the like also say what kind of place a name is. */
  readonly isPlace?: boolean
}

const device = (role?: string): Noun => ({
  model: 'dcim.device',
  ...(role && { filters: { role: [role] } })
})
const place = (type?: string): Noun => ({
  model: 'dcim.location',
  isPlace: true,
  ...(type && { filters: { location_type: [type] } })
})
const thing = (model: string): Noun => ({ model })

/** By singular. Longer ones are looked for first. */
const NOUNS: Readonly<Record<string, Noun>> = {
  'access point': device('access-point'),
  'access-point': device('access-point'),
  'ip address': thing('ipam.ipaddress'),
  'vlan group': thing('ipam.vlangroup'),
  'device type': thing('dcim.devicetype'),
  'circuit type': thing('circuits.circuittype'),
  'location type': thing('dcim.locationtype'),
  'network device': device(),
  'wireless access point': device('access-point'),
  device: device(),
  box: device(),
  stuff: device(),
  gear: device(),
  equipment: device(),
  host: device(),
  switch: device('switch'),
  router: device('router'),
  firewall: device('firewall'),
  ap: device('access-point'),
  sw: device('switch'),
  rtr: device('router'),
  fw: device('firewall'),
  interface: thing('dcim.interface'),
  port: thing('dcim.interface'),
  rack: thing('dcim.rack'),
  cabinet: thing('dcim.rack'),
  vlan: thing('ipam.vlan'),
  prefix: thing('ipam.prefix'),
  subnet: thing('ipam.prefix'),
  address: thing('ipam.ipaddress'),
  ip: thing('ipam.ipaddress'),
  circuit: thing('circuits.circuit'),
  line: thing('circuits.circuit'),
  provider: thing('circuits.provider'),
  carrier: thing('circuits.provider'),
  tenant: thing('tenancy.tenant'),
  role: thing('extras.role'),
  tag: thing('extras.tag'),
  platform: thing('dcim.platform'),
  manufacturer: thing('dcim.manufacturer'),
  vendor: thing('dcim.manufacturer'),
  status: thing('extras.status'),
  location: place(),
  place: place(),
  site: place('Site'),
  region: place('Region'),
  country: place('Country'),
  room: place('Room')
}

/** Words that name a status; `__n` turns it around. */
const STATUSES: Readonly<Record<string, Filters>> = {
  'not active': { status__n: ['Active'] },
  'non active': { status__n: ['Active'] },
  inactive: { status__n: ['Active'] },
  'in use': { status: ['Active'] },
  'in production': { status: ['Active'] },
  active: { status: ['Active'] },
  planned: { status: ['Planned'] },
  staged: { status: ['Staged'] },
  failed: { status: ['Failed'] },
  failing: { status: ['Failed'] },
  broken: { status: ['Failed'] },
  offline: { status: ['Offline'] },
  decommissioning: { status: ['Decommissioning'] },
  decommissioned: { status: ['Decommissioned'] },
  deprecated: { status: ['Deprecated'] },
  reserved: { status: ['Reserved'] },
  provisioning: { status: ['Provisioning'] }
}

/** Fields to group by, by what people call them. */
const GROUPS: Readonly<Record<string, string>> = {
  'device type': 'device_type',
  'circuit type': 'circuit_type',
  'location type': 'location_type',
  'vlan group': 'vlan_group',
  role: 'role',
  status: 'status',
  state: 'status',
  location: 'location',
  site: 'site',
  region: 'region',
  country: 'country',
  place: 'location',
  room: 'location',
  tenant: 'tenant',
  platform: 'platform',
  os: 'platform',
  // Nautobot cannot; its refusal is the answer.
  manufacturer: 'manufacturer',
  vendor: 'manufacturer',
  provider: 'provider',
  carrier: 'provider',
  device: 'device',
  model: 'device_type',
  rack: 'rack',
  tag: 'tags',
  vlan: 'vlan',
  type: 'type'
}

const IRREGULAR: Readonly<Record<string, string>> = {
  aps: 'ap',
  ips: 'ip',
  fws: 'fw',
  sws: 'sw',
  rtrs: 'rtr',
  boxes: 'box',
  switches: 'switch',
  prefixes: 'prefix',
  addresses: 'address',
  countries: 'country',
  statuses: 'status',
  status: 'status',
  address: 'address',
  vlans: 'vlan'
}

/** A word as it stands in the tables: lower case, singular. */
export function singular(word: string): string {
  const lower = word.toLowerCase()
  if (Object.hasOwn(IRREGULAR, lower)) return IRREGULAR[lower] ?? lower
  return /[^s]s$/.test(lower) && lower.length > 3 ? lower.slice(0, -1) : lower
}

/** An entry of a table that the words from here on spell, with how many words it takes. */
export interface Match<T> {
  readonly value: T
  readonly words: number
  readonly key: string
}

const MAX_PHRASE_WORDS = 3

function match<T>(
  table: Readonly<Record<string, T>>,
  words: readonly string[]
): Match<T> | undefined {
  for (let length = Math.min(MAX_PHRASE_WORDS, words.length); length > 0; length -= 1) {
    const phrase = words.slice(0, length).map((word) => word.toLowerCase())
    const last = singular(phrase.at(-1) ?? '')
    for (const key of [phrase.join(' '), [...phrase.slice(0, -1), last].join(' ')]) {
      const value = Object.hasOwn(table, key) ? table[key] : undefined
      if (value !== undefined) return { value, words: length, key }
    }
  }
  return undefined
}

export const matchNoun = (words: readonly string[]) => match(NOUNS, words)
export const matchStatus = (words: readonly string[]) => match(STATUSES, words)
export const matchGroup = (words: readonly string[]) => match(GROUPS, words)

const MIN_MISTYPED_CHARACTERS = 5
const NOUN_WORDS = Object.keys(NOUNS).filter(({ length }) => length > 3)

/** The noun that mistyped words begin with, as far as one letter is off, or two in a long one. */
export function correctNoun(words: readonly string[]): Match<Noun> | undefined {
  for (const length of [2, 1]) {
    const key = nearestNoun(words.slice(0, length).join(' '))
    const value = key === undefined ? undefined : NOUNS[key]
    if (key && value && key.split(' ').length === length) return { value, words: length, key }
  }
  return undefined
}

function nearestNoun(written: string): string | undefined {
  const typed = written.toLowerCase()
  if (typed.length < MIN_MISTYPED_CHARACTERS || /\d/.test(typed)) return undefined
  const forms = [typed, typed.replace(/s$/, ''), typed.replace(/es$/, '')]
  const allowed = typed.length > 7 ? 2 : 1
  return NOUN_WORDS.find((noun) => forms.some((form) => editDistance(form, noun) <= allowed))
}

const IGNORED = new Set(
  `a about actually again all also altogether am amount an and any anything anywhere are as at be been belong belonging called
  below both but by can carry configured connected contain contains could count currently data defined deployed did display do
  does each else end ending ends every everything exactly exist existing exists find for found from get gimme give got had has have having
  hello here hey hi how hwo i if in info information inside installed into is it its just kind kinds know let like list
  located look lots made many may me mine mnay more much my name named names nautobot need network now number of off
  ok okay on one ones only or our out over overall overview own owned owner owns please present provide provided provides quick quickly right run running runs s see show
  sit some somebody someone something stand standing still stored such summary tell terminate terminates thank thanks that the their them then there these they
  thing things this those to total totally under us use used uses using want was we were what whats where which who whole whose
  will with within would you your yours`.split(/\s+/)
)

/** Words that carry nothing the lab model must understand. */
export function isIgnored(word: string): boolean {
  return IGNORED.has(word.toLowerCase())
}

/** Words of a question, in order and as written; names with hyphens, dots or slashes stay whole. */
export function splitWords(question: string): string[] {
  return question
    .replace(/[’']s\b/g, '')
    .split(/[^\p{L}\p{N}./:_-]+/u)
    .map((word) => word.replace(/^[./:_-]+|[./:_-]+$/g, ''))
    .filter(Boolean)
}

const ASKS_WHAT_THERE_IS =
  /\b(?:what|which)\s+(?:fields|filters|attributes|columns)\b|\bfilter(?:ed)?\b.*\bby\b|\b(?:what|which)\s+(?:status(?:es)?|roles?|types?)\s+can\b|\b(?:what|which)\s+(?:models|kinds of (?:objects|things))\b/i

/** Asks for kinds of objects, or for fields, filters and values of one, rather than for objects. */
export const asksWhatThereIs = (question: string) => ASKS_WHAT_THERE_IS.test(question)

const CLASSES_OF = /\b(?:what|which|list|show)\b.*\b(tag|role)s?\s+(?:do|does|of|on|are used)\b/i

/**
 * "Which tags do devices have?" asks for devices by tag, and so does "list the tags": Nautobot lists no tags, and those in
 * use can be counted.
 */
export function classesAsked(question: string, noun: Noun | undefined): readonly string[] {
  if (noun?.model === 'extras.tag') return ['tags']
  const name = noun && CLASSES_OF.exec(question)?.[1]?.toLowerCase()
  return name ? [GROUPS[name] ?? name] : []
}

/** "Which sites have firewalls?" asks for firewalls by site. */
export function placesThatHave(question: string, nouns: readonly Noun[]): readonly string[] {
  const pattern =
    /\b(?:which|what)\s+(site|location|region|countr|tenant|role|platform|provider)(?:y|ies|s)?\b.*\b(?:have|has|with|contain)\b/i
  const place = pattern.exec(question)?.[1]?.toLowerCase()
  if (!place || nouns.every(({ isPlace }) => isPlace)) return []
  return [place === 'countr' ? 'country' : place]
}

/** Of interfaces. */
export const ENABLED = /\b(?:disabled|not enabled|shut ?down|enabled)\b/i
export const isEnabled = (word: string) => /^enabled$/i.test(word)
