import { AppError } from '../errors.ts'
import { type FieldProblem, refusalOf } from '../nautobot/refusal.ts'
import { nearest } from '../platform/nearest.ts'
import type { Asker } from './asker.ts'
import { askCount } from './counting.ts'
import type { Filter } from './filter.ts'
import type { ModelDescription, NautobotModel } from './nautobot-model.ts'
import { labelSelection } from './selection.ts'
import { ToolRefusal } from './tool-failure.ts'

/** Names read to find those near to a wrong one; a longer list is not read to its end. */
const MAX_CANDIDATES = 1_000
const MAX_GROUPS = 100
const MAX_EXPLAINED = 3
const QUOTED_VALUE = /^Select a valid choice\. (.+) is not one of the available choices\.?$/

/** Where the names of values come from. */
export interface Surroundings {
  readonly asker: Asker
  readonly model: NautobotModel
  readonly models: readonly NautobotModel[]
  readonly description: ModelDescription
  readonly filters: readonly Filter[]
}

async function namesOf(root: string, field: string, { asker }: Surroundings): Promise<string[]> {
  const answer = await asker.graphql(
    `{ rows: ${root}(limit: ${MAX_CANDIDATES}, offset: 0) { ${field} } }`
  )
  const rows = Array.isArray(answer.rows) ? (answer.rows as Record<string, unknown>[]) : []
  return rows.map((row) => String(row[field] ?? '')).filter(Boolean)
}

/** The names in use, where GraphQL cannot list those that exist, as with tags. */
async function namesInUse(field: string, { asker, model }: Surroundings): Promise<string[]> {
  const query = { group_by: field, top: MAX_GROUPS }
  const { groups } = await askCount(asker, model.objectType, query)
  return groups.flatMap(({ labels }) => labels.filter((label) => label !== null))
}

async function relatedNames(
  related: string | undefined,
  field: string,
  around: Surroundings
): Promise<string[]> {
  const root = around.models.find(({ objectType }) => objectType === related)?.graphqlRoot
  const label = related === undefined ? '' : labelSelection(related)
  return root && /^\w+$/.test(label) ? namesOf(root, label, around) : namesInUse(field, around)
}

async function candidates(filterName: string, around: Surroundings): Promise<string[]> {
  const { filters, fields } = around.description
  const base = filters.has(filterName) ? filterName : filterName.replace(/__[a-z]+$/, '')
  const choices = fields.get(base)?.choices
  if (choices) return [...choices]
  try {
    return await relatedNames(filters.get(base)?.related, base, around)
  } catch {
    // Help, not the answer: without it the refusal still stands.
    around.asker.context.signal.throwIfAborted()
    return []
  }
}

/** Values that Nautobot does not know, as far as its message tells. */
export function wrongValues({ path, message }: FieldProblem, filters: readonly Filter[]): string[] {
  const named = QUOTED_VALUE.exec(message)?.[1]
  if (named) return [named]
  return /valid|choice/i.test(message)
    ? (filters.find(({ name }) => name === path)?.values.slice(0, MAX_EXPLAINED) ?? [])
    : []
}

async function nearestNames(problem: FieldProblem, around: Surroundings): Promise<string[]> {
  const { filters } = around.description
  if (/^unknown filter/i.test(problem.message)) return nearest(problem.path, filters.keys())
  const values = wrongValues(problem, around.filters)
  if (values.length === 0) return []
  const names = await candidates(problem.path, around)
  return values.flatMap((value) => nearest(value, names))
}

/** The shim's own suggestions: `{nearest: {name: [names]}}`. */
function suggested(error: AppError): string[] {
  const body = refusalOf(error)?.body as { nearest?: Record<string, unknown> } | undefined
  const lists = Object.values(body?.nearest ?? {})
  return lists.flat().filter((name) => typeof name === 'string')
}

/**
 * What Nautobot found wrong, with the nearest valid names: what a model needs to ask again, and never a broader answer.
 * Errors of another kind come back as they are.
 */
export async function explain(error: unknown, around: Surroundings): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') return error
  const fields = (error.details?.fields ?? []) as readonly FieldProblem[]
  const asked = new Map(around.filters.map(({ name, sentAs = name }) => [sentAs, name]))
  const problems = fields
    .filter(({ path }) => !path.startsWith('nearest'))
    .slice(0, MAX_EXPLAINED)
    .map((problem) => ({ ...problem, path: asked.get(problem.path) ?? problem.path }))
  if (problems.length === 0) return error
  const names = await Promise.all(problems.map((problem) => nearestNames(problem, around)))
  const sentences = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return new ToolRefusal(sentences.join(' '), [...new Set([...suggested(error), ...names.flat()])])
}
