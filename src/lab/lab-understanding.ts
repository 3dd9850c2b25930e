import { takeGroups } from './lab-grouping.ts'
import { takeSort } from './lab-sorting.ts'
import { spellOut } from './lab-spelling.ts'
import { isTimeWord, readAction, readTime, type Since } from './lab-time.ts'
import {
  asksWhatThereIs,
  classesAsked,
  correctNoun,
  ENABLED,
  type Filters,
  isEnabled,
  isIgnored,
  matchNoun,
  matchStatus,
  type Noun,
  placesThatHave,
  splitWords
} from './lab-words.ts'

export type LabKind = 'count' | 'list' | 'changes' | 'about' | 'describe' | 'help'

/** What a question says by itself. Names are not yet known to be places, tenants or anything else. */
export interface Understanding extends Since {
  /** Undefined when the question does not say: a follow-up, or not a question of ours. */
  readonly kind: LabKind | undefined
  readonly model: string | undefined
  readonly filters: Filters
  readonly groupBy: readonly string[]
  /** Fields to sort a list by; `-field` is descending. */
  readonly sort: readonly string[]
  /** Runs of words that must be names. */
  readonly names: readonly string[]
  /** Further kinds of objects that are asked about, and not answered. */
  readonly others: readonly string[]
  /** Refers to the place, or to the objects, of the question before, or to the page. */
  readonly there: boolean
  readonly those: boolean
  readonly here: boolean
  /** Says no more than what is different from the question before. */
  readonly elliptic: boolean
  /** Looks up names in the change log by this action. */
  readonly action: string | undefined
}

const HELP =
  /^(?:help|hello|hi|hey|good (?:morning|afternoon|evening))\b[\s!.?]*$|what (?:can|do) you (?:do|know)|what can i ask|how (?:can|do) (?:you help|i use)|who are you|what are you|^help\b/i
const CHANGES =
  /\b(?:chang(?:e|es|ed|ing|elog)|modif(?:y|ied|ies|ications?)|edit(?:ed|s)?|updated?|delet(?:ed|es|ions?)|removed|created|added|touched|audit|did what)\b/i
const ABOUT =
  /\b(?:tell\b.*\babout|details?|describe|info(?:rmation)? (?:about|on|of)|what is (?!the number)|where is|look up|lookup|status of|serial|properties)\b/i
const COUNT =
  /\bh(?:ow|wo)\W+m(?:any|nay)\b|(?<!serial )\bnumber of\b|\bcount\b|\btotal (?:number|of)\b|\bhow much\b/i
const LIST =
  /\b(?:which|list|show|display|what|give|find|see|get|enumerate|any|are there|is there|name the|who)\b/i
const ALL = /^\s*(?:are|is)\s+(?:all|every)\b/i
const CONNECTED = /\bconnected\b|\bneighbou?rs?\b/i
const WITHOUT_ADDRESS =
  /\b(?:without|no|missing|lack(?:s|ing)?|(?:do|does)(?: not|n['’]?t) have|have not|haven['’]?t)\b(?:\s+(?:a|an|any|the|its|their))*\s+(?:primary|management|mgmt)?\s*(?:ipv?4?|ip)?\s*-?(?:address(?:es)?|ips?|primary)\b(?:\s*(?:ip|address(?:es)?))*/i
const WITH_ADDRESS =
  /\b(?:with|have|has|having)\b(?:\s+(?:a|an|the))?\s+primary\s*(?:ipv?4?)?\s*(?:address(?:es)?|ips?)?\b(?:\s*address(?:es)?)?/i
const TAGGED = /\b(?:tagged(?: (?:as|with))?|with (?:the )?tags?|tags?)\s+["“]?([\w-]+)["”]?/i
const RACK = /\brack\s+(?:named\s+|called\s+)?([\w-]*\d[\w-]*)/i
const VLAN_ID = /\bvlans?\s+(?:id\s+|number\s+)?(\d{1,4})\b/i
const NETWORK = /\b(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+)\/\d{1,3}\b/i
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b/
const BY_USER = /\b(?:by|did|has|user)\s+(?:user\s+)?([a-z][\w.@-]*)/gi
const NOT_USERS =
  /^(?:who|what|which|the|any\w*|some\w*|every\w*|nothing|this|that|it|there|we|you|they|change|been)$/i

/** Reads what a question says by itself. */
export function understand(typed: string, goesOnAboutChanges = false): Understanding {
  const { sort, rest: question } = takeSort(spellOut(typed))
  const isChange = goesOnAboutChanges || (CHANGES.test(question) && !/\bwhat can\b/i.test(question))
  const special = takeSpecial(question, isChange)
  const grouped = takeGroups(special.rest, isChange)
  const { nouns, filters: worded, names } = readWords(splitWords(grouped.rest), isChange)
  const noun = mainNoun(nouns)
  // "Are all active?" is answered by how many are what.
  const isAll = ALL.test(question) && worded.status !== undefined
  const groupBy = isAll ? ['status'] : [...grouped.groupBy, ...groupsAsked(question, nouns)]
  const here = /\bthis\b(?! (?:week|month|year|morning))|\bhere\b/i.test(question)
  return {
    kind: isAll ? 'count' : kindOf(question, isChange, nouns.length > 0),
    model: modelOf(question, isChange, noun, special),
    filters: {
      ...(noun && nounFilters(nouns, noun)),
      ...(!isAll && worded),
      ...special.filters,
      ...changeFilters(isChange, noun)
    },
    groupBy,
    sort,
    // Groups come largest first.
    names: groupBy.length > 0 ? names.filter((name) => !RANKING.test(name)) : names,
    others: special.model ? [] : otherModels(nouns, noun),
    there: /\bthere\b/i.test(question),
    those: /\b(?:those|them|these|they|ones?|their|its?)\b/i.test(question),
    here,
    elliptic: /^\s*(?:and|or|what about|how about|also|same|now)\b/i.test(question),
    ...readTime(question),
    action: isChange ? readAction(question) : undefined
  }
}

function kindOf(question: string, isChange: boolean, hasNoun: boolean): LabKind | undefined {
  if (HELP.test(question)) return 'help'
  if (asksWhatThereIs(question)) return 'describe'
  if (isChange) return 'changes'
  if (COUNT.test(question)) return 'count'
  if (CONNECTED.test(question)) return 'list'
  if (ABOUT.test(question) && !hasNoun) return 'about'
  if (LIST.test(question)) return 'list'
  return ABOUT.test(question) ? 'about' : undefined
}

function modelOf(
  question: string,
  isChange: boolean,
  noun: Noun | undefined,
  special: { readonly model: string | undefined }
): string | undefined {
  if (isChange) return 'extras.objectchange'
  // "VLAN 20" by itself asks for the VLAN; "prefixes in VLAN 20" does not.
  if (special.model && (special.model !== 'ipam.vlan' || !noun)) return special.model
  // Interfaces are the nearest thing: the lab model does not follow cables.
  if (noun?.model === 'extras.tag' && !COUNT.test(question)) return 'dcim.device'
  return noun?.model ?? (CONNECTED.test(question) ? 'dcim.interface' : undefined)
}

const RANKING = /^(?:most|fewest|largest|biggest|least)$/i
/** Nouns that explain another one: "of tenant Retail", "in the role router". */
const EXPLAINING = new Set([
  'circuits.circuittype',
  'circuits.provider',
  'dcim.devicetype',
  'dcim.locationtype',
  'dcim.manufacturer',
  'dcim.platform',
  'extras.role',
  'extras.status',
  'extras.tag',
  'tenancy.tenant'
])

function otherModels(nouns: readonly Noun[], main: Noun | undefined): readonly string[] {
  const others = nouns.filter(({ model, isPlace }) => !isPlace && !EXPLAINING.has(model))
  return [...new Set(others.map(({ model }) => model))].filter((model) => model !== main?.model)
}

/** "Switches and routers": either. "Devices of role router": the router says more. */
function nounFilters(nouns: readonly Noun[], { model }: Noun): Filters {
  const filters: Record<string, readonly string[]> = {}
  for (const noun of nouns.filter((other) => other.model === model)) {
    for (const [name, values] of Object.entries(noun.filters ?? {})) {
      filters[name] = [...new Set([...(filters[name] ?? []), ...values])]
    }
  }
  return filters
}

/** Groups that a question asks for without saying "by". */
function groupsAsked(question: string, nouns: readonly Noun[]): readonly string[] {
  const places = placesThatHave(question, nouns)
  const isCounted = places.length > 0 || COUNT.test(question) || CHANGES.test(question)
  return isCounted ? places : classesAsked(question, mainNoun(nouns))
}

/** Of several nouns the first that is not a kind of place: in "devices of the site AMS01" the site only explains. */
function mainNoun(nouns: readonly Noun[]): Noun | undefined {
  const things = nouns.filter(({ isPlace }) => !isPlace)
  return things.find(({ model }) => !EXPLAINING.has(model)) ?? things[0] ?? nouns[0]
}

function changeFilters(isChange: boolean, noun: Noun | undefined): Filters {
  if (!isChange || !noun || noun.isPlace) return {}
  return { changed_object_type: [noun.model] }
}

/** Takes out what is told by a whole phrase. */
function takeSpecial(question: string, isChange: boolean) {
  const filters: Record<string, readonly string[]> = {}
  let rest = question
  const take = (pattern: RegExp, read: (found: RegExpExecArray) => Filters): boolean => {
    const found = pattern.exec(rest)
    const told = found ? read(found) : {}
    if (!found || Object.keys(told).length === 0) return false
    Object.assign(filters, told)
    rest = rest.replace(found[0], ' ')
    return true
  }
  if (isChange) {
    const [phrase = '', user = ''] = [...rest.matchAll(BY_USER)].find(isUserNamed) ?? []
    if (!user) return { filters, rest, model: undefined }
    const named = { user_name__ie: [user] }
    return { filters: named, rest: rest.replace(phrase, ' '), model: undefined }
  }
  if (!take(WITHOUT_ADDRESS, () => ({ has_primary_ip: ['false'] })))
    take(WITH_ADDRESS, () => ({ has_primary_ip: ['true'] }))
  if (asksForPorts(question)) take(ENABLED, ([word]) => ({ enabled: [String(isEnabled(word))] }))
  take(TAGGED, ([, tag = '']) => (isIgnored(tag) ? {} : { tags: [tag] }))
  const rack = take(RACK, ([, name = '']) => ({ rack: [name] }))
  const vlan = take(VLAN_ID, ([, vid = '']) => ({ vid: [vid] }))
  const network = take(NETWORK, ([prefix]) => ({ network: [prefix] }))
  if (!network) take(ADDRESS, ([address]) => ({ address: [address] }))
  const model = specialModel({ rack, vlan, single: filters.address !== undefined })
  return { filters, rest, model }
}

/** Interfaces themselves, as they are now: when one was shut down Nautobot does not know. */
function asksForPorts(question: string): boolean {
  const { sinceDays, sinceHours } = readTime(question)
  const isNow = sinceDays === undefined && sinceHours === undefined && !ALL.test(question)
  return isNow && mainNoun(readWords(splitWords(question), false).nouns)?.model === 'dcim.interface'
}

/** “has changed” and “did anything” name nobody. */
function isUserNamed([, word = '']: RegExpExecArray): boolean {
  return !NOT_USERS.test(word) && !CHANGE_WORDS.test(word)
}

function specialModel(found: { rack: boolean; vlan: boolean; single: boolean }) {
  if (found.vlan) return 'ipam.vlan'
  if (found.single) return 'ipam.ipaddress'
  return found.rack ? 'dcim.device' : undefined
}

const CHANGE_WORDS =
  /^(?:chang(?:e|es|ed|ing|elog)|log|history|modif\w*|edit\w*|update[ds]?|delet\w*|remov\w*|creat\w*|add(?:ed)?|touched|audit|made|did|happened|anyone|anybody|someone|user|users|object|objects)$/i
const PLAIN_WORDS =
  /^(?:details?|describe|properties|serial|connected|neighbou?rs?|distribution|breakdown|split|grouped|wireless|lookup|enumerate)$/i

/** Sorts the words into nouns, statuses and names. */
function readWords(words: readonly string[], isChange: boolean) {
  const nouns: Noun[] = []
  const filters: Record<string, readonly string[]> = {}
  const names: string[][] = [[]]
  for (let index = 0; index < words.length; ) {
    const found = readWord(words.slice(index), isChange)
    if (found.noun) nouns.push(found.noun)
    for (const [name, values] of Object.entries(found.filters ?? {})) {
      filters[name] = [...new Set([...(filters[name] ?? []), ...values])]
    }
    if (found.name === undefined) names.push([])
    else names.at(-1)?.push(found.name)
    index += found.words
  }
  return { nouns, filters, names: names.filter(({ length }) => length > 0).map((n) => n.join(' ')) }
}

interface WordReading {
  readonly words: number
  readonly noun?: Noun
  readonly filters?: Filters
  readonly name?: string
}

function readWord(words: readonly string[], isChange: boolean): WordReading {
  const [word = ''] = words
  const status = isChange ? undefined : matchStatus(words)
  if (status) return { words: status.words, filters: status.value }
  const noun = matchNoun(words)
  if (noun) return { words: noun.words, noun: noun.value }
  if (isIgnored(word) || PLAIN_WORDS.test(word) || isTimeWord(word)) {
    return { words: 1 }
  }
  if (isChange && (CHANGE_WORDS.test(word) || /^\d+$/.test(word))) return { words: 1 }
  const meant = correctNoun(words)
  return meant ? { words: meant.words, noun: meant.value } : { words: 1, name: word }
}
