import fc from 'fast-check'
import { junkCall, oddText, oddValue } from './junk.ts'
import { nearMiss } from './near.ts'
import { queryCall, savedCall } from './queries.ts'
import type { FilterWord, ModelWords } from './words.ts'

export type FilterArgs = Readonly<Record<string, unknown>>

export interface FuzzedCall {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  /** For the table that is printed. */
  readonly kind: string
  /** Something in it is unknown to Nautobot: an error, or none at all, are the only right answers. */
  readonly wrong?: boolean
  /** Its number is that of a count. */
  readonly same?: { readonly model: string; readonly filters: FilterArgs } | undefined
}

/** Read as something else than a filter, or not part of what is compared. */
const NOT_COMPARED = new Set(['q'])

function valueFor({ name, takes }: FilterWord, { values, names, label }: ModelWords) {
  const chosen = values[name]?.filter((value) => !value.startsWith('…')) ?? []
  if (chosen.length > 0) return fc.constantFrom<unknown>(...chosen)
  if (takes === 'true or false') return fc.constantFrom<unknown>(true, false, 'true', 'False')
  if (takes === 'number') return fc.oneof(fc.integer({ min: -5, max: 5_000 }), fc.constant('7'))
  if (takes === 'time') return fc.constantFrom<unknown>('2026-01-01', '2030-01-01T00:00:00Z')
  return name === label ? fc.constantFrom<unknown>(...names) : fc.constantFrom('1', 'a', 'ams01')
}

/** A filter that the model has, mostly with a value that it may have. */
const filterOf = (words: ModelWords) =>
  fc.constantFrom(...words.filters).chain((filter) => {
    const one = valueFor(filter, words)
    const value = fc.oneof(
      { arbitrary: one, weight: 8 },
      { arbitrary: fc.array(one, { minLength: 1, maxLength: 4 }), weight: 3 },
      { arbitrary: oddValue, weight: 1 }
    )
    const suffix = fc.constantFrom('', '', ...filter.suffixes.map((name) => `__${name}`))
    return fc.tuple(suffix, value).map(([end, given]) => [filter.name + end, given] as const)
  })

const filtersOf = (words: ModelWords) =>
  fc.array(filterOf(words), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs))

/** Filters whose values are chosen from a list. */
const chosenNames = ({ filters, values }: ModelWords) =>
  filters.map(({ name }) => name).filter((name) => values[name] && !NOT_COMPARED.has(name))

/** One filter whose values can be listed, with one of them and with one that is nearly one of them. */
export const exactFilter = (words: ModelWords, names = [words.label, ...chosenNames(words)]) =>
  fc.constantFrom(...names).chain((name) => {
    const known = name === words.label ? words.names : (words.values[name] ?? [])
    return fc.tuple(fc.constant(name), fc.constantFrom(...known), nearMiss(known))
  })

const fieldsOf = ({ fields }: ModelWords) =>
  fc.option(fc.array(fc.constantFrom(...fields), { minLength: 1, maxLength: 5 }), {
    nil: undefined
  })

const rightCall = (words: ModelWords) =>
  fc
    .record({
      tool: fc.constantFrom('count', 'find'),
      filters: filtersOf(words),
      fields: fieldsOf(words),
      group: fc.option(fc.constantFrom(...words.fields), { nil: undefined }),
      limit: fc.integer({ min: 1, max: 200 })
    })
    .map(({ tool, filters, fields, group, limit }): FuzzedCall => {
      const { model } = words
      if (tool === 'find')
        return { tool, kind: 'right', args: { model, filters, limit, ...(fields && { fields }) } }
      return { tool, kind: 'right', args: { model, filters, ...(group && { group_by: group }) } }
    })

/** Each has one thing that nearly exists. */
const wrongCall = (words: ModelWords, models: readonly string[]) => {
  const { model, fields } = words
  const filterNames = words.filters.map(({ name }) => name)
  const tool = fc.constantFrom<string>('count', 'find')
  const wrong = (kind: string, args: fc.Arbitrary<Record<string, unknown>>, of = tool) =>
    fc.tuple(of, args).map(([name, given]): FuzzedCall => {
      return { tool: name, kind: `near ${kind}`, wrong: true, args: given }
    })
  const chosen = chosenNames(words)
  const amongRight =
    chosen.length === 0
      ? []
      : [
          wrong(
            'value among right ones',
            exactFilter(words, chosen).map(([name, right, near]) => {
              return { model, filters: { [name]: [right, near] } }
            })
          )
        ]
  return fc.oneof(
    ...amongRight,
    wrong(
      'model',
      nearMiss(models).map((name) => ({ model: name }))
    ),
    wrong(
      'filter',
      fc.tuple(nearMiss(filterNames), fc.constantFrom('a', true, 1)).map(([name, value]) => {
        return { model, filters: { [name]: value } }
      })
    ),
    wrong(
      'value',
      exactFilter(words).map(([name, , near]) => ({ model, filters: { [name]: near } }))
    ),
    wrong(
      'field',
      nearMiss(fields, [...fields, 'id']).map((name) => ({ model, fields: [name] })),
      fc.constant('find')
    ),
    wrong(
      'group',
      nearMiss(fields, [...fields, ...filterNames]).map((name) => ({ model, group_by: name })),
      fc.constant('count')
    ),
    wrong(
      'object',
      nearMiss(words.names).map((object) => ({ model, object })),
      fc.constant('get')
    )
  )
}

const getCall = (words: ModelWords) =>
  fc
    .oneof(fc.constantFrom(...words.names), oddText)
    .chain((object) => fc.constantFrom({ object, model: words.model }, { object }))
    .map((args): FuzzedCall => ({ tool: 'get', kind: 'object', args }))

const describeCall = (words: ModelWords) =>
  fc
    .oneof(
      fc.constant({ model: words.model }),
      fc.constantFrom(...words.fields).map((name) => ({ model: words.model, name })),
      nearMiss([words.model]).map((model) => ({ model })),
      oddText.map((model) => ({ model })),
      oddText.map((name) => ({ model: words.model, name }))
    )
    .map((args): FuzzedCall => ({ tool: 'describe', kind: 'words', args }))

const placesOf = (words: readonly ModelWords[]) =>
  words.find(({ model }) => model === 'dcim.location')?.names ?? []

const changesCall = (words: readonly ModelWords[]) => {
  const places = placesOf(words)
  const objects = words.flatMap(({ names }) => names)
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const times = fc.constantFrom('24 hours', 'last week', 'yesterday', '2026-01-01', 'soon', '')
  return fc
    .record({
      since: maybe(times),
      until: maybe(times),
      object: maybe(fc.oneof(fc.constantFrom(...objects), oddText)),
      location: maybe(fc.oneof(fc.constantFrom(...places), nearMiss(places))),
      user: maybe(fc.constantFrom('admin', 'alice', 'nobody')),
      action: maybe(fc.constantFrom('create', 'update', 'delete', 'updated'))
    })
    .map((given): FuzzedCall => {
      const args = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined)
      )
      return { tool: 'changes', kind: 'changes', args }
    })
}

/** Calls of every kind; the same seed gives the same ones. */
export function fuzzedCalls(words: readonly ModelWords[], count: number, seed: number) {
  const models = words.map(({ model }) => model)
  const about = (make: (one: ModelWords) => fc.Arbitrary<FuzzedCall>) =>
    fc.constantFrom(...words).chain(make)
  const call: fc.Arbitrary<FuzzedCall> = fc.oneof(
    { arbitrary: about(rightCall), weight: 7 },
    { arbitrary: about((one) => wrongCall(one, models)), weight: 5 },
    { arbitrary: about(queryCall), weight: 5 },
    { arbitrary: junkCall, weight: 4 },
    { arbitrary: about(getCall), weight: 2 },
    { arbitrary: about(describeCall), weight: 2 },
    { arbitrary: changesCall(words), weight: 2 },
    { arbitrary: savedCall(placesOf(words)), weight: 1 }
  )
  return fc.sample(call, { numRuns: count, seed })
}
