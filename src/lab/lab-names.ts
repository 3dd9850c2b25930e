import { nearestSpelling } from '../platform/nearest.ts'
import { asSaid, type Place, placeMeant } from './lab-places.ts'
import type { LabCall, LabStep } from './lab-request.ts'
import type { Filters } from './lab-words.ts'

/** Names that are read to recognise one; more than that are not known. */
export const MAX_NAMES = 200

const LOCATION = 'dcim.location'
const TENANTED = [
  'dcim.device',
  'dcim.location',
  'dcim.rack',
  'ipam.vlan',
  'ipam.prefix',
  'circuits.circuit'
]
const everywhere = (models: readonly string[], filter: string) =>
  Object.fromEntries(models.map((model) => [model, filter]))

/** By which filter the objects of one kind select those of another. Places come first. */
const FILTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'dcim.location': {
    ...everywhere(
      [
        'dcim.device',
        'dcim.interface',
        'dcim.rack',
        'ipam.vlan',
        'ipam.prefix',
        'ipam.vlangroup',
        'circuits.circuit'
      ],
      'location'
    ),
    'dcim.location': 'subtree'
  },
  'tenancy.tenant': everywhere(TENANTED, 'tenant'),
  'dcim.manufacturer': everywhere(
    ['dcim.device', 'dcim.devicetype', 'dcim.platform'],
    'manufacturer'
  ),
  'dcim.platform': { 'dcim.device': 'platform' },
  'dcim.devicetype': { 'dcim.device': 'device_type' },
  'extras.tag': { 'dcim.device': 'tags' },
  'extras.role': everywhere(['dcim.device', 'ipam.vlan', 'ipam.prefix'], 'role'),
  'circuits.provider': { 'circuits.circuit': 'provider' },
  'circuits.circuittype': { 'circuits.circuit': 'circuit_type' },
  'dcim.device': { 'dcim.interface': 'device', 'ipam.ipaddress': 'device' }
}

/** The word that is written like the name of an object. */
export function objectAmong(names: readonly string[]): string | undefined {
  return names.flatMap((name) => name.split(' ')).find(looksLikeObject)
}

/** Names such as `ams01-rtr-01`: letters, hyphens and a number. */
export function looksLikeObject(name: string): boolean {
  return /^[a-z][\w.]*-[\w.-]*\d[\w.-]*$/i.test(name)
}

/** The filter that selects objects by their place; undefined where there is none. */
export function placeFilter(model: string): string | undefined {
  return FILTERS[LOCATION]?.[model]
}

/** Kinds of names that can select objects of a model, places first. */
export function namingModels(model: string): readonly string[] {
  return Object.keys(FILTERS).filter((naming) => FILTERS[naming]?.[model] !== undefined)
}

/** Read with the names of locations: cities and buildings stand there. */
const PLACE_FIELDS = ['facility', 'description']

/** The call that reads all names of a kind. */
export function namesCall(model: string): LabCall {
  if (model === 'extras.tag') return TAGS_CALL
  const more = model === LOCATION ? PLACE_FIELDS : []
  return { tool: 'find', args: { model, fields: [labelField(model), ...more], limit: MAX_NAMES } }
}

/** Tags cannot be listed everywhere; those in use can be counted. The odd number tells the call from a question. */
const TAGS_CALL: LabCall = {
  tool: 'count',
  args: { model: 'dcim.device', group_by: 'tags', top: 99 }
}

function labelField(model: string): string {
  return model === 'dcim.devicetype' ? 'model' : 'name'
}

/** Whether a call only read names, and says nothing about what was asked. */
export function isNamesCall({ tool, args }: LabCall): boolean {
  if (args.group_by === TAGS_CALL.args.group_by && args.top === TAGS_CALL.args.top) return true
  const { fields, limit, filters } = args
  return tool === 'find' && limit === MAX_NAMES && Array.isArray(fields) && filters === undefined
}

/** Names by kind, as far as calls in the conversation have read them. */
export function readNames(steps: readonly LabStep[]): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>()
  for (const step of steps) {
    const { model } = step.args
    if (!isNamesCall(step) || typeof model !== 'string' || !step.result) continue
    const { rows, groups } = step.result
    if (step.tool === 'count') known.set('extras.tag', labelsOf(groups))
    else known.set(model, Array.isArray(rows) ? rows.map((row) => String(row?.[0] ?? '')) : [])
  }
  return known
}

/** The locations, as far as calls in the conversation have read them. */
export function readPlaces(steps: readonly LabStep[]): readonly Place[] {
  const step = steps.findLast((one) => isNamesCall(one) && one.args.model === LOCATION)
  const rows = step?.result?.rows
  if (!Array.isArray(rows)) return []
  return rows.map((row) => {
    const [name = '', facility = '', description = ''] = Array.isArray(row)
      ? row.map((value) => String(value ?? ''))
      : []
    return { name, facility, description }
  })
}

function labelsOf(groups: unknown): readonly string[] {
  return Array.isArray(groups) ? groups.map((group) => String(group?.label ?? '')) : []
}

export interface Resolution {
  readonly filters: Filters
  /** What was not written as it is called. */
  readonly corrections: readonly { readonly said: string; readonly meant: string }[]
  readonly unknown: readonly string[]
  /** Names of locations, with what they were called instead. */
  readonly saidAs: Readonly<Record<string, string>>
}

interface Named {
  readonly naming: string
  readonly name: string
}

/** Finds out what names mean for a model, by the names that are known. */
export function resolveNames(
  phrases: readonly string[],
  model: string,
  known: ReadonlyMap<string, readonly string[]>,
  places: readonly Place[]
): Resolution {
  const filters: Record<string, string[]> = {}
  const corrections: { said: string; meant: string }[] = []
  const unknown: string[] = []
  const saidAs: Record<string, string> = {}
  const candidates = namingModels(model).flatMap((naming) =>
    (known.get(naming) ?? []).map((name) => ({ naming, name }))
  )
  const add = ({ naming, name }: Named) => {
    const filter = FILTERS[naming]?.[model]
    if (filter) filters[filter] = [...new Set([...(filters[filter] ?? []), name])]
  }
  for (const phrase of phrases) {
    const { found, rest } = takeExact(phrase, candidates)
    const readings = rest.map((said) => readLoosely(said, model, candidates, places))
    found.forEach(add)
    for (const { said, meant, isPlace } of readings) {
      if (!meant) {
        unknown.push(said)
        continue
      }
      add(meant)
      if (isPlace) saidAs[meant.name] = asSaid(said)
      else corrections.push({ said, meant: meant.name })
    }
  }
  return { filters, corrections, unknown, saidAs }
}

function readLoosely(
  said: string,
  model: string,
  candidates: readonly Named[],
  places: readonly Place[]
) {
  const name = placeFilter(model) ? placeMeant(said, places) : undefined
  if (name) return { said, meant: { naming: LOCATION, name }, isPlace: true }
  return { said, meant: guess(said, candidates), isPlace: false }
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim()
const withoutEnding = (text: string) => plain(text).replace(/(?<=.{3})s$/, '')

/** Takes the longest names first; what is left over comes back in runs of words. */
function takeExact(phrase: string, candidates: readonly Named[]) {
  const words = phrase.split(' ')
  const found: Named[] = []
  const rest: string[][] = [[]]
  for (let index = 0; index < words.length; ) {
    const hit = longestName(words.slice(index), candidates)
    if (hit) found.push(hit.named)
    if (hit) rest.push([])
    else rest.at(-1)?.push(words[index] ?? '')
    index += hit?.words ?? 1
  }
  return { found, rest: rest.filter(({ length }) => length > 0).map((run) => run.join(' ')) }
}

function longestName(words: readonly string[], candidates: readonly Named[]) {
  for (let length = words.length; length > 0; length -= 1) {
    const text = words.slice(0, length).join(' ')
    const named =
      candidates.find(({ name }) => plain(name) === plain(text)) ??
      candidates.find(({ name }) => withoutEnding(name) === withoutEnding(text))
    if (named) return { named, words: length }
  }
  return undefined
}

const MIN_GUESSED_CHARACTERS = 3

function guess(said: string, candidates: readonly Named[]): Named | undefined {
  if (said.length < MIN_GUESSED_CHARACTERS) return undefined
  const containing = candidates.filter(({ naming, name }) => {
    return naming !== LOCATION && ` ${plain(name)} `.includes(` ${plain(said)} `)
  })
  if (containing.length === 1) return containing[0]
  const [name] = nearestSpelling(
    said,
    candidates.map((candidate) => candidate.name),
    1
  )
  return candidates.find((candidate) => candidate.name === name)
}
