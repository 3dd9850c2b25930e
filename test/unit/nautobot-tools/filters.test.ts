import fc from 'fast-check'
import { Kind, parse, valueFromASTUntyped } from 'graphql'
import { expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { toArguments, toQuery } from '../../../src/nautobot-tools/filter.ts'
import { readFilters } from '../../../src/nautobot-tools/filters.ts'
import type { ModelDescription } from '../../../src/nautobot-tools/nautobot-model.ts'

const MODEL: ModelDescription = {
  fields: new Map(),
  filters: new Map([
    ['name', { type: 'MultiValueCharFilter', lookups: ['ic'] }],
    ['vid', { type: 'MultiValueNumberFilter', lookups: ['gte'] }],
    ['enabled', { type: 'BooleanFilter' }],
    ['q', { type: 'SearchFilter' }]
  ])
}

/** What a GraphQL server reads from a list with these arguments. */
function readBack(args: readonly string[]) {
  const document = parse(`{ rows: devices(${[...args, 'limit: 26'].join(', ')}) { id } }`)
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return expect.fail('one operation')
  const [field, ...others] = operation.selectionSet.selections
  if (field?.kind !== Kind.FIELD) return expect.fail('one field')
  const read = (field.arguments ?? []).map(({ name, value }) => [
    name.value,
    valueFromASTUntyped(value)
  ])
  return { fields: 1 + others.length, read: Object.fromEntries(read) }
}

const shown = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 50 })
  .filter((t) => t.trim() !== '')

it('writes any text as a value of its own argument and of no other', () => {
  fc.assert(
    fc.property(fc.array(shown, { minLength: 1, maxLength: 5 }), shown, (names, text) => {
      const { filters } = readFilters({ name: names, q: text }, MODEL)
      const values = names.map((name) => name.trim())
      expect(readBack(toArguments(filters))).toEqual({
        fields: 1,
        read: { name: values.length === 1 ? values[0] : values, q: text.trim(), limit: 26 }
      })
    }),
    { numRuns: 500 }
  )
})

it('takes any name either as a filter for Nautobot to judge, or not at all', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (name) => {
      try {
        const { filters } = readFilters({ [name]: 'x' }, MODEL)
        expect(readBack(toArguments(filters)).fields).toBe(1)
        expect(filters[0]?.name).toBe(name)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 500 }
  )
})

it('writes numbers and booleans as such, also when they came as texts', () => {
  const { filters } = readFilters({ vid: ['10', 20], vid__gte: '5', enabled: 'TRUE' }, MODEL)

  expect(toArguments(filters)).toEqual(['vid: [10, 20]', 'vid__gte: 5', 'enabled: true'])
  expect(toQuery(filters)).toEqual({ vid: ['10', '20'], vid__gte: ['5'], enabled: ['true'] })
})
