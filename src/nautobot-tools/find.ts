import { AppError } from '../errors.ts'
import { unanswered } from '../nautobot/refusal.ts'
import { nearest } from '../platform/nearest.ts'
import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { askCount } from './counting.ts'
import type { Surroundings } from './explain.ts'
import { toArguments, toQuery } from './filter.ts'
import { readFilters } from './filters.ts'
import { findModel } from './find-model.ts'
import { askByName, readAs } from './inexact-names.ts'
import { describesFor, type ModelDirectory } from './model-directory.ts'
import type { UserModels } from './nautobot-model.ts'
import { listLink, objectLink } from './proof-links.ts'
import { type Column, defaultFields, labelSelection, toColumn } from './selection.ts'
import { NOT_SHOWN, notShownGap } from './sensitive.ts'
import { MAX_SORTED_ROWS, readSortName, type SortKey, sortRows } from './sorting.ts'
import { ToolRefusal } from './tool-failure.ts'
import type { FindInput } from './tool-input.ts'
import { success } from './tool-output.ts'

type Row = Readonly<Record<string, unknown>>

/** Longer lists are for their page in Nautobot; each object of a short one gets its own link. */
const MAX_OBJECT_LINKS = 10
/** Pages of the objects of a longer list: not shown by themselves, but where an answer names one. */
const MAX_OBJECT_PAGES = 50
const MAX_TEXT_CHARACTERS = 40_000

interface Plan extends Surroundings {
  readonly columns: readonly Column[]
  readonly sort: readonly SortKey[]
  readonly viewable: UserModels['viewable']
}

async function makePlan(input: FindInput, asker: Asker, directory: ModelDirectory): Promise<Plan> {
  const { models, viewable } = await directory.models(asker)
  const model = findModel(models, input.model)
  const description = await directory.describe(model.objectType, asker)
  if (!model.graphqlRoot)
    throw new ToolRefusal(`Nautobot can count ${model.plural}, but not list them here.`)
  const fields = [...new Set(input.fields ?? defaultFields(model.objectType, description))]
  const describe = describesFor(asker, directory)
  const column = (name: string) => toColumn(name, model.objectType, describe)
  const columns = await Promise.all(fields.map(column))
  const sort = await Promise.all(
    input.sort.map(readSortName).map(async ({ name, isDescending }) => {
      const shown = columns.find((one) => one.name === name)
      return { column: shown ?? (await column(name)), isDescending }
    })
  )
  return { asker, models, viewable, model, description, filters: [], columns, sort }
}

/** Those that are shown, and those that are sorted by. */
const columnsOf = ({ columns, sort }: Plan) => [
  ...new Map(
    [...columns, ...sort.map(({ column }) => column)].map((one) => [one.name, one])
  ).values()
]

function toGraphql(plan: Plan, limit: number, offset: number): string {
  const { model, filters } = plan
  // One more than wanted shows that there are more. Never 0: Nautobot takes that for no limit.
  const list = [...toArguments(filters), `limit: ${limit + 1}`, `offset: ${offset}`].join(', ')
  const fields = new Set(columnsOf(plan).map(({ selection }) => selection))
  return `{ rows: ${model.graphqlRoot}(${list}) { ${['id', ...fields].join(' ')} } }`
}

const countAll = ({ asker, model, filters }: Plan) =>
  askCount(asker, model.objectType, toQuery(filters))

/** What GraphQL did not know, as far as its message tells. */
function explainField(error: AppError, plan: Plan): unknown {
  const late = /Unknown argument ['"]([^'"]+)['"]/.exec(error.message)?.[1]
  // The count has just taken it.
  if (late)
    return new ToolRefusal(
      `Nautobot lists by "${late}" only after a restart: its GraphQL does not know newer custom fields. Ask count.`
    )
  const wrong = /Cannot query field ['"]([^'"]+)['"]/.exec(error.message)?.[1]
  if (!wrong) return error
  const column = columnsOf(plan).find(({ name }) => name.split('.').includes(wrong))
  return new ToolRefusal(
    `There is no field "${column?.name ?? wrong}" here. A custom field is written cf_<key>.`,
    nearest(wrong, plan.description.fields.keys())
  )
}

/**
 * One request. GraphQL tells of a wrong filter in prose; the count tells of it field by field, and with the nearest
 * names.
 */
async function readRows(plan: Plan, limit: number, offset: number): Promise<Row[]> {
  try {
    const { rows } = await plan.asker.graphql(toGraphql(plan, limit, offset))
    if (Array.isArray(rows)) return rows as Row[]
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') throw error
    await countAll(plan)
    throw unanswered(explainField(error, plan))
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

/** Rows to show, at most `limit`, and how many there are in all. */
interface Page {
  readonly rows: readonly Row[]
  readonly all: number
}

async function readPage(plan: Plan, { limit, offset }: FindInput): Promise<Page> {
  const { sort, model } = plan
  if (sort.length === 0) {
    const found = await readRows(plan, limit, offset)
    return { rows: found.slice(0, limit), all: await total(plan, found.length, limit, offset) }
  }
  const found = await readRows(plan, MAX_SORTED_ROWS, 0)
  const all = await total(plan, found.length, MAX_SORTED_ROWS, 0)
  if (found.length > MAX_SORTED_ROWS)
    throw new ToolRefusal(
      `${all} ${model.plural} match; at most ${MAX_SORTED_ROWS} can be sorted. Add a filter, or ask count with group_by ` +
        'for the largest groups.'
    )
  return { rows: sortRows(found, sort).slice(offset, offset + limit), all }
}

function cutGap(shown: number, offset: number, all: number): string[] {
  if (shown === all) return []
  if (offset === 0) return [`The list was cut at ${shown} of ${all}.`]
  return [`The list shows ${shown} of ${all}, after leaving out the first ${offset}.`]
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0)

/** GraphQL shows what the user may not view as null, like what is not set. */
function hiddenGaps(plan: Plan, rows: readonly Row[]): string[] {
  const { viewable } = plan
  return columnsOf(plan).flatMap(({ name, description, read }) => {
    const empty = rows.filter((row) => isEmpty(read(row))).length
    const related = description?.related
    const hidden = description?.required || (related !== undefined && !viewable.has(related))
    if (empty === 0 || !related || !hidden) return []
    return [`"${name}" is hidden in ${empty} of ${rows.length} rows: your rights do not show it.`]
  })
}

function secretGaps({ columns }: Plan, table: readonly unknown[][]): string[] {
  return columns.flatMap(({ name }, index) => {
    const cells = table.map((row) => row[index])
    const isSecret = cells.some((cell) => JSON.stringify(cell).includes(NOT_SHOWN))
    return isSecret ? [notShownGap(name, !cells.includes(NOT_SHOWN))] : []
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

function objectsOf(plan: Plan, rows: readonly Row[]) {
  if (rows.length <= MAX_OBJECT_LINKS) return []
  const { asker, model } = plan
  return rows
    .slice(0, MAX_OBJECT_PAGES)
    .flatMap((row) => objectLink(asker.publicUrl, model, row.id, rowLabel(plan, row)))
}

/** Lists objects; warm, one request to Nautobot, and a second one when the first does not tell how many there are. */
export async function find(
  input: FindInput,
  asker: Asker,
  directory: ModelDirectory,
  nowMs: number
) {
  const asking = await makePlan(input, asker, directory)
  const { filters, unknown } = readFilters(input.filters, asking.description, nowMs)
  const { answer, filters: used } = await askByName(
    { ...asking, filters },
    {
      async ask(given) {
        const plan = { ...asking, filters: given }
        // A filter that the description lacks: the count refuses it, or knows better.
        if (unknown.length > 0) await countAll(plan)
        return readPage(plan, input)
      },
      isEmpty: ({ all }) => all === 0
    }
  )
  const plan = { ...asking, filters: used }
  return answerOf(plan, answer, input)
}

async function answerOf(plan: Plan, { rows: found, all }: Page, { offset, filters }: FindInput) {
  const table = found.map((row) => plan.columns.map(({ read }) => read(row)))
  const shown = rowsThatFit(table)
  const rows = found.slice(0, shown)
  const gaps = [
    ...cutGap(shown, offset, all),
    ...hiddenGaps(plan, rows),
    ...secretGaps(plan, table.slice(0, shown)),
    ...(all === 0 ? await blindSpots(plan) : [])
  ]
  return success(
    {
      model: plan.model.objectType,
      count: all,
      ...readAs(filters, plan.filters),
      columns: plan.columns.map(({ name }) => name),
      rows: table.slice(0, shown),
      ...(gaps.length > 0 && { gaps })
    },
    {
      rows: shown,
      count: all,
      links: linksOf(plan, rows, all),
      objects: objectsOf(plan, rows),
      gaps
    }
  )
}
