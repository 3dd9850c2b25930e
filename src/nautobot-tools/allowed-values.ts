import type { Asker } from './asker.ts'
import { askJudged, rowsOf } from './graphql-rows.ts'
import type { ModelDescription, NautobotModel, UserModels } from './nautobot-model.ts'
import { type Describe, labelSelection } from './selection.ts'

/** Values that a field may have, as far as the user may see them. */
export interface AllowedValues {
  readonly values: readonly string[]
  /** There are others. */
  readonly more: boolean
  /** The user may not view what the values are of. */
  readonly hidden: boolean
}

/** Longest list of values; of more there is a model to ask. */
const MAX_VALUES = 40
const MAX_RELATIONS = 15
/** One of thousands, named by its own name rather than chosen from a list. */
const NOT_CHOSEN = new Set([
  'circuits.circuit',
  'circuits.circuittermination',
  'dcim.cable',
  'dcim.device',
  'dcim.interface',
  'dcim.location',
  'dcim.rack',
  'ipam.ipaddress',
  'ipam.prefix',
  'ipam.vlan',
  'virtualization.virtualmachine'
])
/** Each of these is for some models only. */
const BY_CONTENT_TYPE = new Set(['extras.role', 'extras.status'])

interface Relation {
  readonly field: string
  readonly model: NautobotModel
}

function relationsOf({ fields }: ModelDescription, models: readonly NautobotModel[]): Relation[] {
  const relations = [...fields].flatMap(([field, { related }]) => {
    const model = models.find(({ objectType }) => objectType === related)
    const isChosen = model?.graphqlRoot && !NOT_CHOSEN.has(model.objectType)
    return isChosen && /^\w+$/.test(labelSelection(model.objectType)) ? [{ field, model }] : []
  })
  return relations.slice(0, MAX_RELATIONS)
}

function listOf({ model }: Relation, objectType: string, index: number): string {
  const isOfSome = BY_CONTENT_TYPE.has(model.objectType)
  const own = isOfSome ? `content_types: ${JSON.stringify(objectType)}, ` : ''
  const field = labelSelection(model.objectType)
  return `v${index}: ${model.graphqlRoot}(${own}limit: ${MAX_VALUES + 1}, offset: 0) { ${field} }`
}

function toValues(rows: ReturnType<typeof rowsOf>, { model }: Relation): AllowedValues {
  const field = labelSelection(model.objectType)
  const names = rows.map((row) => String(row[field]))
  return { values: names.slice(0, MAX_VALUES), more: names.length > MAX_VALUES, hidden: false }
}

/** Some models have no name, and one of them would fail the question for all. */
async function namedOnly(relations: readonly Relation[], describe: Describe): Promise<Relation[]> {
  const named = await Promise.all(
    relations.map(async (relation) => {
      const { objectType } = relation.model
      const described = await describe(objectType)
      return described?.fields.has(labelSelection(objectType)) ? [relation] : []
    })
  )
  return named.flat()
}

interface Surroundings extends UserModels {
  readonly asker: Asker
  readonly describe: Describe
}

/** Values of the fields that are chosen from a list: choices, statuses, roles, platforms, … At most one request. */
export async function readAllowedValues(
  objectType: string,
  description: ModelDescription,
  { models, viewable, asker, describe }: Surroundings
): Promise<ReadonlyMap<string, AllowedValues>> {
  const relations = relationsOf(description, models)
  const permitted = relations.filter(({ model }) => viewable.has(model.objectType))
  const visible = await namedOnly(permitted, describe)
  const lists = visible.map((relation, index) => listOf(relation, objectType, index))
  const answer = lists.length > 0 ? await askJudged(asker, `{ ${lists.join(' ')} }`) : {}
  const found = new Map<string, AllowedValues>()
  for (const [field, { choices }] of description.fields)
    if (choices) found.set(field, { values: choices, more: false, hidden: false })
  for (const { field, model } of relations)
    if (!viewable.has(model.objectType)) found.set(field, { values: [], more: false, hidden: true })
  for (const [index, relation] of visible.entries())
    found.set(relation.field, toValues(rowsOf(answer, `v${index}`), relation))
  return found
}
