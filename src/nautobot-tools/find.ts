import { AppError } from '../errors.ts'
import { nearest } from '../platform/nearest.ts'
import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { askCount } from './counting.ts'
import { explain, type Surroundings } from './explain.ts'
import { readFilters, toArguments, toQuery } from './filters.ts'
import { findModel } from './find-model.ts'
import type { ModelDirectory, UserModels } from './model-directory.ts'
import { listLink, objectLink } from './proof-links.ts'
import { type Column, defaultFields, labelSelection, toColumn } from './selection.ts'
import { ToolRefusal } from './tool-failure.ts'
import type { FindInput } from './tool-input.ts'
import { success } from './tool-output.ts'

type Row = Readonly<Record<string, unknown>>

/** Longer lists are for their page in Nautobot; each object of a short one gets its own link. */
const MAX_OBJECT_LINKS = 10
const MAX_TEXT_CHARACTERS = 40_000

interface Plan extends Surroundings {
  readonly columns: readonly Column[]
  readonly viewable: UserModels['viewable']
  readonly unknown: readonly string[]
}

/** A path may lead to a model that Nautobot tells nothing about, such as its users. */
function undescribed(error: unknown): undefined {
  if (!(error instanceof AppError) || error.code !== 'OBJECT_NOT_FOUND') throw error
}

async function makePlan(input: FindInput, asker: Asker, directory: ModelDirectory): Promise<Plan> {
  const { models, viewable } = await directory.models(asker)
  const model = findModel(models, input.model)
  const description = await directory.describe(model.objectType, asker)
  if (!model.graphqlRoot)
    throw new ToolRefusal(`Nautobot can count ${model.plural}, but not list them here.`)
  const { filters, unknown } = readFilters(input.filters, description)
  const fields = [...new Set(input.fields ?? defaultFields(model.objectType, description))]
  const describe = (objectType: string) => directory.describe(objectType, asker).catch(undescribed)
  const columns = await Promise.all(
    fields.map((name) => toColumn(name, model.objectType, describe))
  )
  return { asker, models, viewable, model, description, filters, unknown, columns }
}

function toGraphql({ model, filters, columns }: Plan, limit: number, offset: number): string {
  // One more than wanted shows that there are more. Never 0: Nautobot takes that for no limit.
  const list = [...toArguments(filters), `limit: ${limit + 1}`, `offset: ${offset}`].join(', ')
  const fields = columns.map(({ selection }) => selection)
  return `{ rows: ${model.graphqlRoot}(${list}) { ${['id', ...fields].join(' ')} } }`
}

const countAll = ({ asker, model, filters }: Plan) =>
  askCount(asker, model.objectType, toQuery(filters))

/** Which field GraphQL did not know, as far as its message tells. */
function explainField(error: AppError, { columns, description }: Plan): unknown {
  const wrong = /Cannot query field ['"]([^'"]+)['"]/.exec(error.message)?.[1]
  if (!wrong) return error
  const column = columns.find(({ name }) => name.split('.').includes(wrong))
  return new ToolRefusal(
    `There is no field "${column?.name ?? wrong}" here. A custom field is written cf_<key>.`,
    nearest(wrong, description.fields.keys())
  )
}

/** GraphQL tells of a wrong filter in prose; the count tells of it field by field, and with the nearest names. */
async function explainFind(error: unknown, plan: Plan): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') return error
  try {
    await countAll(plan)
  } catch (judged) {
    return explain(judged, plan)
  }
  return explainField(error, plan)
}

async function readRows(plan: Plan, limit: number, offset: number): Promise<Row[]> {
  try {
    // A filter that the description lacks: the count refuses it, or knows better.
    if (plan.unknown.length > 0) await countAll(plan)
    const { rows } = await plan.asker.graphql(toGraphql(plan, limit, offset))
    if (Array.isArray(rows)) return rows as Row[]
  } catch (error) {
    throw await explainFind(error, plan)
  }
  throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's GraphQL answer has no rows.")
}

/**
 * How many match in all. Asked when the list does not tell: it is cut, or it starts in the middle, or it is empty, since
 * GraphQL shows an empty list to who may not view the model, where the count refuses.
 */
async function total(plan: Plan, found: number, limit: number, offset: number) {
  if (found > 0 && found <= limit && offset === 0) return found
  return (await countAll(plan)).count
}

function cutGap(shown: number, offset: number, all: number): string[] {
  if (shown === all) return []
  if (offset === 0) return [`The list was cut at ${shown} of ${all}.`]
  return [`The list shows ${shown} of ${all}, after leaving out the first ${offset}.`]
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0)

/** GraphQL shows what the user may not view as null, like what is not set. */
function hiddenGaps({ columns, viewable }: Plan, rows: readonly Row[]): string[] {
  return columns.flatMap(({ name, description, read }) => {
    const empty = rows.filter((row) => isEmpty(read(row))).length
    const related = description?.related
    const hidden = description?.required || (related !== undefined && !viewable.has(related))
    if (empty === 0 || !related || !hidden) return []
    return [`"${name}" is hidden in ${empty} of ${rows.length} rows: your rights do not show it.`]
  })
}

/** As many rows as fit into the text. */
function rowsThatFit(table: readonly unknown[][]): number {
  let characters = 0
  const tooLong = table.findIndex((row) => {
    characters += JSON.stringify(row).length + 1
    return characters > MAX_TEXT_CHARACTERS
  })
  return tooLong === -1 ? table.length : tooLong
}

function rowLabel({ model, columns }: Plan, row: Row): string {
  const labels = columns.find(({ name }) => name === labelSelection(model.objectType))
  const label = (labels ?? columns[0])?.read(row)
  return `${model.name} ${String(label ?? row.id)}`
}

function linksOf(plan: Plan, rows: readonly Row[], all: number) {
  const { asker, model, filters } = plan
  const short = rows.length <= MAX_OBJECT_LINKS ? rows : []
  return [
    ...listLink(asker.publicUrl, model, filters, all),
    ...short.flatMap((row) => objectLink(asker.publicUrl, model, row.id, rowLabel(plan, row)))
  ]
}

/** Lists objects; warm, one request to Nautobot, and a second one when the first does not tell how many there are. */
export async function find(input: FindInput, asker: Asker, directory: ModelDirectory) {
  const { limit, offset } = input
  const plan = await makePlan(input, asker, directory)
  const found = await readRows(plan, limit, offset)
  const all = await total(plan, found.length, limit, offset)
  const table = found.slice(0, limit).map((row) => plan.columns.map(({ read }) => read(row)))
  const shown = rowsThatFit(table)
  const rows = found.slice(0, shown)
  const gaps = [
    ...cutGap(shown, offset, all),
    ...hiddenGaps(plan, rows),
    ...(all === 0 ? await blindSpots(plan) : [])
  ]
  const columns = plan.columns.map(({ name }) => name)
  return success(
    {
      model: plan.model.objectType,
      count: all,
      columns,
      rows: table.slice(0, shown),
      ...(gaps.length > 0 && { gaps })
    },
    {
      rows: shown,
      count: all,
      links: linksOf(plan, rows, all),
      gaps
    }
  )
}
