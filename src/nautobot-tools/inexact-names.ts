import { AppError } from '../errors.ts'
import type { FieldProblem } from '../nautobot/refusal.ts'
import { askCount } from './counting.ts'
import { explain, type Surroundings, wrongValues } from './explain.ts'
import type { Filter } from './filter.ts'
import type { FilterInput } from './filters.ts'
import { rowsOf } from './graphql-rows.ts'
import { labelSelection } from './selection.ts'

/** Objects of one name that are read to see whether all are written the same. */
const MAX_SAME_NAME = 100
const MAX_CORRECTED = 5
const MAX_GROUPS = 100

const isSame = (left: string, right: string) => left.toLowerCase() === right.toLowerCase()
const baseOf = (name: string, { description: { filters } }: Surroundings) =>
  filters.has(name) ? name : name.replace(/__[a-z]+$/, '')

/** How Nautobot writes the one choice or name that was meant, and its id; undefined when there is none, or several. */
async function meantBy(value: string, name: string, around: Surroundings) {
  const { description, models, asker } = around
  const base = baseOf(name, around)
  const choices = description.fields.get(base)?.choices?.filter((one) => isSame(one, value))
  if (choices) return choices.length === 1 ? { spelling: choices[0], id: undefined } : undefined
  const related = description.filters.get(base)?.related
  const root = models.find(({ objectType }) => objectType === related)?.graphqlRoot
  const label = related === undefined ? '' : labelSelection(related)
  if (!root || !/^\w+$/.test(label)) return undefined
  const list = `${label}__ie: ${JSON.stringify(value)}, limit: ${MAX_SAME_NAME}, offset: 0`
  const rows = rowsOf(await asker.graphql(`{ rows: ${root}(${list}) { id ${label} } }`), 'rows')
  const [spelling, ...others] = new Set(rows.map((row) => String(row[label])))
  if (spelling === undefined || others.length > 0) return undefined
  return { spelling, id: rows.length === 1 ? String(rows[0]?.id) : undefined }
}

/** Django names the first wrong value alone: the others are looked at as well. */
async function correctProblem({ path, message }: FieldProblem, around: Surroundings) {
  const wrong = wrongValues({ path, message }, around.filters)
  const filter = around.filters.find(({ name, sentAs = name }) => sentAs === path)
  const { name, values } = filter ?? { name: path, values: [] }
  const meant = await Promise.all(
    (wrong.length > 0 ? values : []).map(async (value) => {
      const found = await meantBy(value, name, around)
      const isWrong = wrong.includes(value)
      // A filter that refuses a right name knows ids alone, as those of relationships do.
      const own = isWrong && found?.spelling === value ? found.id : found?.spelling
      return [value, own ?? (isWrong ? undefined : value)] as const
    })
  )
  return { name, meant }
}

interface Corrections {
  readonly name: string
  readonly meant: readonly (readonly [value: string, meant: string | undefined])[]
}

function corrected(filters: readonly Filter[], all: readonly Corrections[]): Filter[] {
  return filters.map((filter) => {
    const own = new Map(all.find(({ name }) => name === filter.name)?.meant)
    const values = filter.values.map((value) => own.get(value) ?? value)
    return { ...filter, values: [...new Set(values)] }
  })
}

/** The filters with the names that Nautobot has for those it refused; undefined unless each has exactly one. */
async function correctNames(error: unknown, around: Surroundings): Promise<Filter[] | undefined> {
  if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') return undefined
  const problems = (error.details?.fields ?? []) as readonly FieldProblem[]
  if (problems.length === 0 || problems.length > MAX_CORRECTED) return undefined
  try {
    const all = await Promise.all(problems.map((problem) => correctProblem(problem, around)))
    const isWhole = all.every(
      ({ meant }) => meant.length > 0 && meant.every(([, one]) => one !== undefined)
    )
    return isWhole ? corrected(around.filters, all) : undefined
  } catch {
    // Help, not the answer: without it the refusal still stands.
    around.asker.context.signal.throwIfAborted()
    return undefined
  }
}

/** A filter that compares texts letter by letter, and can do without. */
function isExactText({ name, kind }: Filter, { description }: Surroundings): boolean {
  const known = description.filters.get(name)
  const isText = kind === 'text' && known?.type === 'MultiValueCharFilter'
  return Boolean(isText && known?.lookups?.includes('ie') && description.fields.has(name))
}

async function spelledAs(filter: Filter, { asker, model }: Surroundings): Promise<Corrections> {
  const { name, values } = filter
  const query = { [`${name}__ie`]: values, group_by: name, top: MAX_GROUPS }
  const { groups, more } = await askCount(asker, model.objectType, query)
  const known = groups.flatMap(({ values: [value] }) => (value ? [value] : []))
  const meant = values.map((value) => {
    const same = known.filter((one) => isSame(one, value))
    return [value, same.length === 1 && more.groups === 0 ? same[0] : undefined] as const
  })
  return { name, meant }
}

/** The filters with names as they are written in Nautobot, where only the case of letters differs; else undefined. */
async function spelledRight(around: Surroundings): Promise<Filter[] | undefined> {
  const texts = around.filters.filter((filter) => isExactText(filter, around))
  try {
    const all = await Promise.all(
      texts.slice(0, MAX_CORRECTED).map((filter) => spelledAs(filter, around))
    )
    const isAny = all.some(({ meant }) => meant.some(([value, one]) => one && one !== value))
    return isAny ? corrected(around.filters, all) : undefined
  } catch {
    around.asker.context.signal.throwIfAborted()
    return undefined
  }
}

export interface Asking<T> {
  readonly ask: (filters: readonly Filter[]) => Promise<T>
  /** Nothing was found. */
  readonly isEmpty: (answer: T) => boolean
}

/**
 * Asks with the filters, and once more with the names that Nautobot has when these differ by the case of letters alone:
 * `active` for Active. Throws what {@link explain} says of a refusal. `filters` are those that the answer is about.
 */
export async function askByName<T>(around: Surroundings, { ask, isEmpty }: Asking<T>) {
  const again = async (filters: readonly Filter[]) => {
    const answer = await ask(filters).catch(async (error: unknown) => {
      throw await explain(error, { ...around, filters })
    })
    return { answer, filters }
  }
  try {
    const answer = await ask(around.filters)
    const filters = isEmpty(answer) ? await spelledRight(around) : undefined
    return filters ? await again(filters) : { answer, filters: around.filters }
  } catch (error) {
    const filters = await correctNames(error, around)
    if (!filters) throw await explain(error, around)
    return await again(filters)
  }
}

/** Filters whose values were not taken as they were written, for the answer to say so; nothing when there are none. */
export function readAs(
  written: FilterInput,
  filters: readonly Filter[]
): { read_as?: Readonly<Record<string, readonly string[]>> } {
  const changed = filters.filter(({ name, kind, values }) => {
    const own = [written[name] ?? []].flat().map((value) => String(value).trim())
    return kind !== 'boolean' && JSON.stringify(own) !== JSON.stringify(values)
  })
  const names = changed.map(({ name, values }) => [name, values])
  return names.length > 0 ? { read_as: Object.fromEntries(names) } : {}
}
