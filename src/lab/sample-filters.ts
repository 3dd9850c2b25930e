import { isWithin, parseIp } from './ip.ts'
import { hasFilter } from './nautobot-names.ts'
import {
  isNegation,
  orderLookup,
  parseBoolean,
  parseTime,
  parseWhole,
  textLookup
} from './sample-lookups.ts'
import type { SampleFilter, SampleModel } from './sample-model.ts'
import type { SampleObject, SampleStore } from './sample-store.ts'

/** Messages by filter, as Nautobot answers them. */
export type FieldErrors = Record<string, string[]>

/** Values by filter; a single value is a list of one. */
export type FilterValues = ReadonlyMap<string, readonly string[]>

/** A filter, field or model that Nautobot has and the sample has not. */
export class NotInSampleError extends Error {}

/** Filters that Nautobot refuses as well. */
export class FilterError extends Error {
  readonly errors: FieldErrors

  constructor(errors: FieldErrors) {
    super('Nautobot would refuse these filters')
    this.errors = errors
  }
}

type Test = (object: SampleObject) => boolean

/** A test; or the message that refuses the values; or nothing, when the lookup is not in the sample. */
type Reading = Test | string | undefined

interface Question {
  readonly store: SampleStore
  readonly model: SampleModel
  readonly lookup: string
  readonly values: readonly string[]
}

type Reader<Kind extends SampleFilter['kind']> = (
  filter: Extract<SampleFilter, { kind: Kind }>,
  question: Question
) => Reading

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i
const NULL_VALUE = 'null'
const noChoice = (value: string) =>
  `Select a valid choice. ${value} is not one of the available choices.`

/**
 * Reads the filters of a list into one test.
 *
 * @throws FilterError for what Nautobot refuses, all of it at once.
 * @throws NotInSampleError for what only the sample cannot do.
 */
export function readFilters(store: SampleStore, model: SampleModel, given: FilterValues): Test {
  // Not an object: a filter may be called __proto__.
  const errors = new Map<string, string[]>()
  const missing: string[] = []
  const tests: Test[] = []
  for (const [name, values] of given) {
    const reading = readFilter(name, { store, model, values })
    if (typeof reading === 'function') tests.push(reading)
    else if (typeof reading === 'string') errors.set(name, [reading])
    else if (hasFilter(model.objectType, name)) missing.push(name)
    else errors.set(name, ['Unknown filter field'])
  }
  if (errors.size > 0) throw new FilterError(Object.fromEntries(errors))
  if (missing.length > 0) {
    throw new NotInSampleError(
      `The sample network does not filter ${model.plural} by ${missing.join(', ')}.`
    )
  }
  return (object) => tests.every((test) => test(object))
}

/** Lookups of a filter that the sample serves, without the bare one. */
export function lookupsOf(objectType: string, name: string, filter: SampleFilter): string[] {
  const offered = LOOKUPS[filter.kind] ?? []
  return offered.filter((lookup) => hasFilter(objectType, `${name}__${lookup}`) ?? true)
}

const TEXT_LOOKUPS = ['n', 'ic', 'nic', 'iew', 'niew', 'isw', 'nisw', 'ie', 'nie', 'isnull']
const ORDER_LOOKUPS = ['n', 'lte', 'lt', 'gte', 'gt', 'isnull']
const LOOKUPS: Partial<Record<SampleFilter['kind'], readonly string[]>> = {
  text: TEXT_LOOKUPS,
  custom: TEXT_LOOKUPS,
  number: ORDER_LOOKUPS,
  time: ORDER_LOOKUPS,
  id: ['n'],
  choice: ['n'],
  related: ['n', 'isnull']
}

function readFilter(name: string, question: Omit<Question, 'lookup'>): Reading {
  const [base = '', lookup = '', ...rest] = name.split('__')
  const filter = Object.hasOwn(question.model.filters, base)
    ? question.model.filters[base]
    : undefined
  if (!filter || rest.length > 0) return undefined
  if (lookup && !lookupsOf(question.model.objectType, base, filter).includes(lookup))
    return undefined
  // An empty name is a wrong name; of every other kind an empty value asks nothing.
  const values = filter.kind === 'related' ? question.values : question.values.filter(Boolean)
  if (values.length === 0) return () => true
  const read = READERS[filter.kind] as Reader<SampleFilter['kind']>
  const asked = { ...question, values, lookup }
  return lookup === 'isnull' ? readIsNull(filter, asked) : read(filter, asked)
}

function readIsNull(filter: SampleFilter, { store, values }: Question): Reading {
  const wanted = parseBoolean(values.at(-1))
  const path = filter.kind === 'custom' ? `cf_${filter.key}` : 'path' in filter && filter.path
  if (wanted === undefined || !path) return () => true
  return (object) => (store.pluck(object, path).length === 0) === wanted
}

const READERS: { readonly [Kind in SampleFilter['kind']]: Reader<Kind> } = {
  text: ({ path, ignoreCase }, question) => {
    const lookup = question.lookup || (ignoreCase ? 'ie' : '')
    return matchTexts(path, { ...question, lookup })
  },
  custom: ({ key }, question) =>
    // Nautobot's custom fields are filtered loosely unless an administrator says otherwise.
    matchTexts(`cf_${key}`, { ...question, lookup: question.lookup || 'ic' }),
  number: ({ path }, question) => matchOrder(path, question, parseWhole, 'Enter a whole number.'),
  time: ({ path }, question) => matchOrder(path, question, parseTime, 'Enter a valid date/time.'),
  id: ({ path }, question) => matchIds(path, question),
  boolean: ({ path }, { store, values }) => {
    const wanted = parseBoolean(values.at(-1))
    return wanted === undefined ? () => true : (object) => store.pluck(object, path)[0] === wanted
  },
  present: ({ path }, { store, values }) => {
    const wanted = parseBoolean(values.at(-1))
    if (wanted === undefined) return () => true
    return (object) => store.pluck(object, path).length > 0 === wanted
  },
  choice: ({ path, values: known }, question) => {
    const unknown = question.values.find((value) => !known.includes(value))
    return unknown === undefined ? matchTexts(path, question) : noChoice(unknown)
  },
  related: matchRelated,
  search: ({ paths }, { store, values }) => {
    const wanted = values.at(-1)?.trim().toLowerCase() ?? ''
    return (object) =>
      paths.some((path) => store.pluck(object, path).some((value) => found(value, wanted)))
  },
  'content-type': ({ path }, { store, values }) => {
    return (object) => values.every((value) => store.pluck(object, path).includes(value))
  },
  network: matchNetworks,
  address: matchAddresses,
  'single-number': ({ path }, { store, values }) => {
    const wanted = parseWhole(values.at(-1) ?? '')
    return wanted === undefined
      ? 'Enter a number.'
      : (object) => store.pluck(object, path)[0] === wanted
  }
}

function found(value: unknown, wanted: string): boolean {
  const shown = String(value).toLowerCase()
  return typeof value === 'number' ? shown === wanted : shown.includes(wanted)
}

/** One of the values fits; or, under a negation, all of them do, and a missing value does too. */
function matchTexts(path: string, { store, lookup, values }: Question): Reading {
  const compare = textLookup(lookup)
  if (!compare) return undefined
  const negated = isNegation(lookup)
  return (object) => {
    const present = store.pluck(object, path).map(String)
    return negated
      ? values.every((wanted) => present.every((value) => compare(value, wanted)))
      : values.some((wanted) => present.some((value) => compare(value, wanted)))
  }
}

function matchOrder(
  path: string,
  { store, lookup, values }: Question,
  parse: (written: string) => number | undefined,
  refusal: string
): Reading {
  const wanted = values.map(parse)
  const compare = orderLookup(lookup)
  if (!compare) return undefined
  if (!wanted.every((value) => value !== undefined)) return refusal
  const numberOf = (value: unknown) =>
    typeof value === 'number' ? value : Date.parse(String(value))
  return (object) => {
    const present = store.pluck(object, path).map(numberOf)
    return isNegation(lookup)
      ? wanted.every((one) => present.every((value) => compare(value, one)))
      : wanted.some((one) => present.some((value) => compare(value, one)))
  }
}

function matchIds(path: string, question: Question): Reading {
  if (!question.values.every((value) => UUID.test(value))) return 'Enter a valid UUID.'
  return matchTexts(path, question)
}

type RelatedFilter = Extract<SampleFilter, { kind: 'related' }>

function matchRelated(filter: RelatedFilter, question: Question): Reading {
  const { store, lookup, values } = question
  const wanted: ReadonlySet<string>[] = []
  for (const value of values) {
    const ids = value === NULL_VALUE ? new Set<string>() : relatedIds(filter, value, store)
    if (!ids) return noChoice(value)
    wanted.push(ids)
  }
  const fits = (present: readonly unknown[], ids: ReadonlySet<string>) =>
    ids.size === 0 ? present.length === 0 : present.some((id) => ids.has(String(id)))
  return (object) => {
    const present = store.pluck(object, filter.path)
    if (lookup === 'n') return !wanted.some((ids) => fits(present, ids))
    return filter.all
      ? wanted.every((ids) => fits(present, ids))
      : wanted.some((ids) => fits(present, ids))
  }
}

/** Ids meant by a name or id; rights do not matter here, in Nautobot neither. Undefined when there is no such object. */
function relatedIds(
  { model: objectType, key, tree }: RelatedFilter,
  value: string,
  store: SampleStore
): ReadonlySet<string> | undefined {
  const meant = store
    .list(objectType)
    .filter((object) => object.id === value || String(object.values[key]) === value)
    .map(({ id }) => id)
  if (meant.length === 0) return undefined
  return new Set(tree ? meant.flatMap((id) => [...store.withDescendants(objectType, id)]) : meant)
}

function matchNetworks(
  { path, inclusive }: Extract<SampleFilter, { kind: 'network' }>,
  { store, values }: Question
): Reading {
  const outer = values.map(parseIp).filter((range) => range !== undefined)
  return (object) => {
    const inner = parseIp(String(store.pluck(object, path)[0]))
    return (
      inner !== undefined && outer.some((range) => isWithin(hostOf(path, inner), range, inclusive))
    )
  }
}

/** An address stands for itself, whatever its mask; a network for all of it. */
function hostOf(path: string, range: NonNullable<ReturnType<typeof parseIp>>) {
  return path === 'address' ? { ...range, first: range.host, last: range.host } : range
}

function matchAddresses(
  { path }: Extract<SampleFilter, { kind: 'address' }>,
  { store, values }: Question
): Reading {
  return (object) => {
    const present = String(store.pluck(object, path)[0])
    return values.some((value) => present === value || present.split('/')[0] === value)
  }
}
