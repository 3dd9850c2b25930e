import { OTHER_MODELS } from './nautobot-names.ts'
import { lookupsOf } from './sample-filters.ts'
import type { SampleField, SampleFilter, SampleModel } from './sample-model.ts'
import { SAMPLE_MODELS } from './sample-models.ts'
import type { SampleUser } from './sample-users.ts'

type Json = Readonly<Record<string, unknown>>

const FIELD_TYPES: Partial<Record<SampleField['kind'], string>> = {
  text: 'CharField',
  number: 'IntegerField',
  boolean: 'BooleanField',
  time: 'DateTimeField',
  date: 'DateField',
  json: 'JSONField',
  choice: 'ChoiceField',
  one: 'NautobotHyperlinkedRelatedField',
  many: 'ManyRelatedField',
  'content-type': 'ContentTypeField',
  'content-types': 'ManyRelatedField'
}
const FILTER_TYPES: Readonly<Record<SampleFilter['kind'], string>> = {
  text: 'MultiValueCharFilter',
  number: 'MultiValueNumberFilter',
  time: 'MultiValueDateTimeFilter',
  id: 'MultiValueUUIDFilter',
  boolean: 'BooleanFilter',
  present: 'RelatedMembershipBooleanFilter',
  'content-type': 'ContentTypeFilter',
  address: 'MultiValueCharFilter',
  network: 'MultiValueCharFilter',
  'single-number': 'NumberFilter',
  choice: 'MultipleChoiceFilter',
  related: 'NaturalKeyOrPKMultipleChoiceFilter',
  custom: 'CustomFieldCharFilter',
  search: 'SearchFilter'
}

/** All models of Nautobot; only those of the sample can be viewed. */
export function describeModels(user: SampleUser): Json {
  const own = SAMPLE_MODELS.map(({ objectType, name, plural, path, fields }) => ({
    object_type: objectType,
    name,
    plural,
    api: `/api${path}`,
    page: path,
    // Nautobot's tags have no GraphQL list of their own.
    graphql: objectType !== 'extras.tag',
    mac: 'mac_address' in fields,
    view: user.mayView(objectType)
  }))
  const others = OTHER_MODELS.map(({ objectType, ...other }) => ({
    object_type: objectType,
    ...other,
    view: false
  }))
  return { models: [...own, ...others] }
}

/** Fields and filters of one model, as far as the sample has them. */
export function describeModel(model: SampleModel): Json {
  const fields = Object.entries(model.fields)
    .filter(([, { kind }]) => FIELD_TYPES[kind] !== undefined)
    .map(([name, field]) => [name, describeField(field)])
  const filters = Object.entries(model.filters).map(([name, filter]) => [
    name,
    describeFilter(model.objectType, name, filter)
  ])
  return {
    object_type: model.objectType,
    api: `/api${model.path}`,
    page: model.path,
    fields: Object.fromEntries([
      ['id', { type: 'UUIDField', required: false, read_only: true }],
      ...fields
    ]),
    filters: Object.fromEntries(filters)
  }
}

function describeField(field: SampleField): Json {
  return {
    type: FIELD_TYPES[field.kind],
    required: false,
    read_only: field.kind === 'time',
    ...(field.kind === 'choice' && { choices: field.values }),
    ...('model' in field && { related: field.model })
  }
}

function describeFilter(objectType: string, name: string, filter: SampleFilter): Json {
  const lookups = lookupsOf(objectType, name, filter)
  const type = filter.kind === 'related' && filter.tree ? 'TreeNodeMultipleChoiceFilter' : undefined
  return {
    type: type ?? FILTER_TYPES[filter.kind],
    ...('model' in filter && { related: filter.model }),
    ...(lookups.length > 0 && { lookups })
  }
}
