import { AppError } from '../errors.ts'
import type { GraphqlAnswer, GraphqlProblem } from '../nautobot/client.types.ts'
import type { ProofLink } from '../tool-server.ts'
import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { checkCost } from './graphql/cost.ts'
import { readDocument } from './graphql/document.ts'
import type { SelectedField } from './graphql/expansion.ts'
import { hiddenGaps } from './graphql/hidden-gaps.ts'
import { hideSecrets } from './graphql/hidden-secrets.ts'
import { type PlannedList, type Planning, planLists } from './graphql/planned-lists.ts'
import { printArgument, printFields } from './graphql/print.ts'
import { type TypedField, typeFields } from './graphql/typed-fields.ts'
import type { ModelDirectory } from './model-directory.ts'
import type { UserModels } from './nautobot-model.ts'
import { listLink, objectLink } from './proof-links.ts'
import type { QueryInput } from './tool-input.ts'
import { success } from './tool-output.ts'

const MAX_TEXT_CHARACTERS = 40_000

interface Plan extends UserModels {
  readonly asker: Asker
  readonly roots: readonly TypedField[]
  readonly lists: ReadonlyMap<TypedField, PlannedList>
}

type Surroundings = Pick<Planning, 'asker' | 'directory' | 'nowMs'>

async function makePlan(input: QueryInput, around: Surroundings): Promise<Plan> {
  const { asker, directory } = around
  const selected = readDocument(input.query, input.variables)
  const { models, viewable } = await directory.models(asker)
  const planning = { ...around, models, viewable, types: directory.graphql }
  const roots = await typeFields(selected, planning)
  const lists = await planLists(roots, planning)
  await checkCost(roots, lists, asker)
  return { asker, models, viewable, roots, lists }
}

function argumentsOf({ isRoot, args, limit, offset, counted }: PlannedList): readonly string[] {
  if (!isRoot) return args
  // One more than wanted shows that there are more. An app's own root may take no offset.
  const start = counted || offset > 0 ? [`offset: ${offset}`] : []
  return [...args, `limit: ${limit + 1}`, ...start]
}

function toGraphql({ lists, roots }: Plan): string {
  const planned = new Map([...lists.values()].map((list) => [list.field.selected, list]))
  return printFields(
    roots.map(({ selected }) => selected),
    (field: SelectedField) => {
      const list = planned.get(field)
      return list ? argumentsOf(list) : field.args.map(printArgument)
    }
  )
}

const sentenceOf = ({ path, message }: GraphqlProblem) =>
  path ? `Nautobot could not answer "${path}": ${message}` : `Nautobot reports: ${message}`

async function ask(plan: Plan): Promise<GraphqlAnswer> {
  const answer = await plan.asker.graphqlPartly(toGraphql(plan))
  const { data, problems } = answer
  // Nothing but errors: an empty answer would read like "none".
  if (problems.length > 0 && Object.values(data).every((value) => value === null))
    throw new AppError('INVALID_REQUEST', problems.slice(0, 3).map(sentenceOf).join(' '))
  const lost = [...plan.lists.values()].find(
    ({ isRoot, field: { selected } }) =>
      isRoot && !Array.isArray(data[selected.key]) && problems.length === 0
  )
  if (lost)
    throw new AppError('NAUTOBOT_UNAVAILABLE', `Nautobot did not answer "${lost.field.path}".`)
  return answer
}

/** A root list as it is shown: at most `limit` rows, and no more than fit into the text. */
interface ShownList {
  readonly list: PlannedList
  readonly rows: readonly unknown[]
  readonly all: number | undefined
  readonly hasMore: boolean
}

/** Lists share the text in their order; what is no list is never cut. */
function showLists({ roots, lists }: Plan, data: GraphqlAnswer['data']): ShownList[] {
  let left = MAX_TEXT_CHARACTERS
  return roots.flatMap((root) => {
    const list = lists.get(root)
    const rows = data[root.selected.key]
    if (!list || !Array.isArray(rows)) return []
    const shown = rows.slice(0, list.limit)
    const tooMany = shown.findIndex((row) => {
      left -= JSON.stringify(row).length + 1
      return left < 0
    })
    const fitting = tooMany === -1 ? shown : shown.slice(0, tooMany)
    const hasMore = rows.length > fitting.length
    return [{ list, rows: fitting, all: list.counted?.count, hasMore }]
  })
}

function cutGap({ list, rows, all, hasMore }: ShownList): string[] {
  const { offset, field } = list
  const of = all === undefined ? 'more than that' : String(all)
  if (offset > 0)
    return [`"${field.path}" shows ${rows.length} of ${of}, after leaving out the first ${offset}.`]
  return hasMore ? [`"${field.path}" was cut at ${rows.length} of ${of}.`] : []
}

async function emptyGaps({ list, rows }: ShownList): Promise<string[]> {
  return rows.length === 0 && list.counted ? blindSpots(list.counted.around) : []
}

/** An object that was asked for by itself and is not there. */
function missingGaps({ roots }: Plan, { data, problems }: GraphqlAnswer): string[] {
  const missing = roots.filter(({ selected: { key }, type }) => {
    const isReported = problems.some(({ path }) => path.split('.')[0] === key)
    return type.isComposite && !type.isList && data[key] === null && !isReported
  })
  return missing.map(
    ({ path }) => `There is no such object for "${path}", or your rights do not show it.`
  )
}

/** By list; nothing when all was taken as it was written. */
function readAsOf({ lists }: Plan) {
  const changed = [...lists.values()].filter(({ readAs }) => Object.keys(readAs).length > 0)
  const named = changed.map(({ field, readAs }) => [field.path, readAs])
  return named.length > 0 ? { read_as: Object.fromEntries(named) } : {}
}

function linksOf({ asker, roots }: Plan, lists: readonly ShownList[], data: GraphqlAnswer['data']) {
  const listLinks = lists.flatMap(({ list: { counted } }) =>
    counted
      ? listLink(asker.publicUrl, counted.around.model, counted.around.filters, counted.count)
      : []
  )
  const objectLinks = roots.flatMap(({ selected, type, model, path }): ProofLink[] => {
    const id = selected.args.find(({ name }) => name === 'id')?.values[0]?.text
    if (!model || type.isList || data[selected.key] === null) return []
    return objectLink(asker.publicUrl, model, id, `${model.name} ${path}`)
  })
  return [...listLinks, ...objectLinks]
}

/**
 * Answers a GraphQL query that was read, bounded, counted and printed anew before Nautobot sees it: one request for the
 * query, and one for each number that its bounds need.
 */
export async function query(
  input: QueryInput,
  asker: Asker,
  directory: ModelDirectory,
  nowMs: number
) {
  const plan = await makePlan(input, { asker, directory, nowMs })
  const answered = await ask(plan)
  const open = hideSecrets(plan.roots, answered.data)
  const answer = { ...answered, data: open.data }
  const shown = showLists(plan, answer.data)
  const keyOf = ({ list }: ShownList) => list.field.selected.key
  const data = {
    ...answer.data,
    ...Object.fromEntries(shown.map((list) => [keyOf(list), list.rows]))
  }
  const gaps = [
    ...answer.problems.map(sentenceOf),
    ...shown.flatMap(cutGap),
    ...open.gaps,
    ...missingGaps(plan, answer),
    ...hiddenGaps(plan, data),
    ...(await Promise.all(shown.map(emptyGaps))).flat()
  ]
  const counts = Object.fromEntries(
    shown.flatMap((list) => (list.all === undefined ? [] : [[keyOf(list), list.all]]))
  )
  return success(
    { counts, ...readAsOf(plan), data, ...(gaps.length > 0 && { gaps }) },
    {
      rows: shown.reduce((sum, { rows }) => sum + rows.length, 0),
      count: shown.reduce((sum, { all, rows }) => sum + (all ?? rows.length), 0),
      links: linksOf(plan, shown, data),
      gaps
    }
  )
}
