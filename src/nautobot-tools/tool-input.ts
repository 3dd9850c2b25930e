import { z } from 'zod'

const MAX_FILTERS = 20
const MAX_VALUES = 50
const MAX_VALUE_CHARACTERS = 200
const MAX_FIELDS = 20
export const MAX_ROWS = 200
const DEFAULT_ROWS = 25
const MAX_OFFSET = 10_000
const MAX_GROUPS = 100

const MAX_GROUP_FIELDS = 2
const MAX_SORT_FIELDS = 2
const MAX_CHANGES = 50
const DEFAULT_CHANGES = 20
const MAX_NAMES = 10

const text = z.string().max(MAX_VALUE_CHARACTERS)
const several = z.array(z.union([text, z.number()])).max(MAX_VALUES)
const fieldName = z.string().min(1).max(100)
const name = text.min(1)
/** One name or several, as a list. */
const names = z
  .union([name, z.array(name).min(1).max(MAX_NAMES)])
  .transform((given) => [given].flat())
const when = z.string().min(1).max(100)

const model = z
  .string()
  .min(1)
  .max(100)
  .describe('`dcim.device`, or a name: devices, locations, prefixes, VLANs, circuits, changes, …')

const filters = z
  .record(z.string(), z.union([text, z.number(), z.boolean(), several]))
  .refine((given) => Object.keys(given).length <= MAX_FILTERS, `At most ${MAX_FILTERS} filters.`)

export const countInput = z.strictObject({
  model,
  filters: filters
    .describe(
      'Filters of Nautobot\'s list, such as {"location": ["AMS01"], "role": "switch", "has_primary_ip": false}. ' +
        'Several values: any of them; several tags: all of them. A location includes everything below it. ' +
        'Custom fields: cf_<key>. Suffixes: __ic contains, __n not, __gte, __lte.'
    )
    .default({}),
  group_by: z
    .union([fieldName, z.array(fieldName).max(MAX_GROUP_FIELDS)])
    .transform((given) => [given].flat())
    .describe('One field or two: role, status, location, … Largest groups first')
    .default([]),
  top: z.int().min(1).max(MAX_GROUPS).describe('Largest groups to show').optional()
})
export type CountInput = z.infer<typeof countInput>

export const findInput = z.strictObject({
  model,
  filters: filters.describe('As in count').default({}),
  fields: z
    .array(z.string().max(100))
    .min(1)
    .max(MAX_FIELDS)
    .describe('Columns; may follow relations: device_type.manufacturer. Default: the usual ones')
    .optional(),
  sort: z
    .union([fieldName, z.array(fieldName).max(MAX_SORT_FIELDS)])
    .transform((given) => [given].flat())
    .describe('One field or two; -field: descending. Of at most 1,000 objects')
    .default([]),
  limit: z.int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS),
  offset: z.int().min(0).max(MAX_OFFSET).default(0)
})
export type FindInput = z.infer<typeof findInput>

export const getInput = z.strictObject({
  object: text.min(1).describe('Name, IP address, MAC, serial, URL or id'),
  model: model
    .describe(
      'As in count. May be left out for a URL, IP address or MAC, and for a device, place or circuit'
    )
    .optional(),
  filters: filters
    .describe('As in count; to tell objects of one name apart: {"device": "ams01-rtr-01"}')
    .default({})
})
export type GetInput = z.infer<typeof getInput>

export const describeInput = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(100)
    .describe('A model as in count, or a word to find models by. Default: all models')
    .optional(),
  name: z.string().min(1).max(100).describe('One field or filter of the model, in full').optional()
})
export type DescribeInput = z.infer<typeof describeInput>

export const changesInput = z.strictObject({
  since: when
    .describe(
      '2026-11-20, 2026-11-20T08:00Z, "24 hours", "last week", "yesterday", "Friday". UTC. Default: ever'
    )
    .optional(),
  until: when.describe('The same forms; a day is included').optional(),
  object: names
    .describe('The changed object, named as in get; its parts, such as interfaces, are included')
    .optional(),
  model: model.describe('Only changes of objects of this model').optional(),
  location: names.describe('In these locations or below them: "Europe"').optional(),
  user: names.describe('Name of the user who made the changes').optional(),
  action: z.enum(['create', 'update', 'delete']).optional(),
  limit: z.int().min(1).max(MAX_CHANGES).default(DEFAULT_CHANGES)
})
export type ChangesInput = z.infer<typeof changesInput>

const MAX_QUERY_CHARACTERS = 8_000

export const queryInput = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(MAX_QUERY_CHARACTERS)
    .describe(
      'One query, such as { devices(location: ["AMS01"], limit: 20) { name interfaces(enabled: false) { name } } }'
    ),
  variables: z.record(z.string().max(100), z.unknown()).describe('By name, without $').default({})
})
export type QueryInput = z.infer<typeof queryInput>
