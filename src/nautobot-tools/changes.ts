import { nearest } from '../platform/nearest.ts'
import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { type Change, type ChangeLog, readChangeLog } from './change-log.ts'
import { lookUpChanged, type NamedObject } from './changed-objects.ts'
import { askCount } from './counting.ts'
import type { Surroundings } from './explain.ts'
import { type Filter, toQuery } from './filter.ts'
import { findModel } from './find-model.ts'
import { askByName, readAs } from './inexact-names.ts'
import type { ModelDirectory } from './model-directory.ts'
import type { NautobotModel, UserModels } from './nautobot-model.ts'
import { listLink, objectLink } from './proof-links.ts'
import { readTimeRange, type TimeRange } from './time-range.ts'
import { ToolRefusal } from './tool-failure.ts'
import type { ChangesInput } from './tool-input.ts'
import { success } from './tool-output.ts'

const CHANGE = 'extras.objectchange'
const LOCATION = 'location'
const OBJECT = 'object'
const OBJECT_FILTER = 'nautobot_ai_ops_object'
/** Filters of the shim's own; Nautobot's page and API take them like any other. */
const OWN_FILTERS: Readonly<Record<string, string>> = {
  [LOCATION]: 'nautobot_ai_ops_location',
  [OBJECT]: OBJECT_FILTER
}
const USER = 'user_name__ie'
const MAX_CHANGE_LINKS = 10
const MAX_TEXT_CHARACTERS = 30_000
const MAX_USERS = 100
const MAX_LOGGED_NAMES = 10

interface Plan extends Surroundings, UserModels {
  readonly range: TimeRange
  /** Only changes of objects of this model. */
  readonly kind: NautobotModel | undefined
}

function toFilters(input: ChangesInput, { since, until }: TimeRange, kind?: NautobotModel) {
  const given: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['time__gte', since ? [since] : undefined],
    ['time__lt', until ? [until] : undefined],
    ['changed_object_type', kind && [kind.objectType]],
    [OBJECT, input.object],
    [LOCATION, input.location],
    [USER, input.user],
    ['action', input.action && [input.action]]
  ]
  return given.flatMap(([name, values]): Filter[] => {
    if (values?.some((value) => value.trim() === ''))
      throw new ToolRefusal('A name is blank. Leave it out or give a name.')
    const sentAs = OWN_FILTERS[name] ?? name
    return values ? [{ name, sentAs, kind: 'text', values }] : []
  })
}

async function makePlan(input: ChangesInput, asker: Asker, directory: ModelDirectory, now: number) {
  const range = readTimeRange(input, now)
  const { models, viewable } = await directory.models(asker)
  const kind = input.model === undefined ? undefined : findModel(models, input.model)
  const filters = toFilters(input, range, kind)
  const model = findModel(models, CHANGE)
  const description = await directory.describe(CHANGE, asker)
  return { asker, models, viewable, model, description, filters, range, kind } satisfies Plan
}

/** Nautobot's words about a filter, in the words of this tool. */
function inOwnWords(explained: unknown): unknown {
  if (!(explained instanceof ToolRefusal)) return explained
  const { code, nearest: near, candidates: may } = explained
  return new ToolRefusal(explained.message.replaceAll(USER, 'user'), near, {
    code,
    candidates: may
  })
}

/** A misspelt user has changed nothing, and that is no answer. */
async function unknownUsers({ asker, filters }: Plan): Promise<string[]> {
  const asked = filters.find(({ name }) => name === USER)?.values ?? []
  if (asked.length === 0) return []
  const { groups, more } = await askCount(asker, CHANGE, { group_by: 'user_name', top: MAX_USERS })
  const known = groups.flatMap(({ labels }) => labels.filter((label) => label !== null))
  const isKnown = (name: string) =>
    known.some((other) => other.toLowerCase() === name.toLowerCase())
  return asked
    .filter((name) => more.groups === 0 && !isKnown(name))
    .map((name) => {
      const near = nearest(name, known)
      const hint = near.length > 0 ? ` Near to it: ${near.join(', ')}.` : ''
      return `The change log that you may see has no user "${name}".${hint}`
    })
}

/** What the log has without the range, so that "none since Friday" is not taken for "never". */
async function outsideRange({ asker, filters, range }: Plan): Promise<string[]> {
  if (!range.since && !range.until) return []
  const always = filters.filter(({ name }) => !name.startsWith('time__'))
  const { count } = await askCount(asker, CHANGE, toQuery(always))
  return [`At all times there are ${count} such changes.`]
}

async function emptyGaps(plan: Plan): Promise<string[]> {
  const filters = plan.filters.filter(({ name }) => name === LOCATION)
  const type = { type: 'TreeNodeMultipleChoiceFilter', related: 'dcim.location' }
  const description = { fields: new Map(), filters: new Map([[LOCATION, type]]) }
  const hidden = blindSpots({ ...plan, filters, description })
  return (await Promise.all([hidden, unknownUsers(plan), outsideRange(plan)])).flat()
}

/** A change as the model reads it: short, and nothing that is empty. */
function toRow(change: Change) {
  const { time, user_name, action, object_type, object_repr, owner } = change
  const { fields, withheld, more_fields } = change
  const isUnknown = fields === null && action === 'update'
  return {
    time: time.replace(/\.\d+/, '').replace('+00:00', 'Z'),
    user: user_name,
    action,
    object: object_repr,
    ...(owner && { of: owner }),
    model: object_type,
    ...(fields && fields.length > 0 && { fields }),
    ...(withheld.length > 0 && { withheld }),
    ...(more_fields > 0 && { more_fields }),
    ...(isUnknown && { before: 'not known' })
  }
}

function rowsOf({ changes }: ChangeLog) {
  const rows = changes.map(toRow)
  let characters = 0
  const fit = rows.findIndex((row) => {
    characters += JSON.stringify(row).length + 1
    return characters > MAX_TEXT_CHARACTERS
  })
  return fit === -1 ? rows : rows.slice(0, fit)
}

function gapsOf({ count, changes }: ChangeLog, shown: number): string[] {
  const withheld = changes.slice(0, shown).some((change) => change.withheld.length > 0)
  return [
    ...(count > shown
      ? [`The newest ${shown} of ${count} changes are shown; there are more: ${count - shown}.`]
      : []),
    ...(withheld ? ['Values of fields that may hold secrets are withheld.'] : [])
  ]
}

function linksOf({ asker, model, filters }: Plan, { count, changes }: ChangeLog) {
  const short = changes.length <= MAX_CHANGE_LINKS ? changes : []
  return [
    ...listLink(asker.publicUrl, model, filters, count),
    ...short.flatMap(({ id, action, object_repr }) =>
      objectLink(asker.publicUrl, model, id, `${action} ${object_repr}`)
    )
  ]
}

interface Read {
  readonly log: ChangeLog
  readonly filters: readonly Filter[]
  readonly named: readonly NamedObject[]
}

/** Of a name that the log has nothing of, what Nautobot knows by it is asked for. */
async function read(plan: Plan, input: ChangesInput, directory: ModelDirectory): Promise<Read> {
  const ask = (used: readonly Filter[]) =>
    readChangeLog(plan.asker, { ...toQuery(used), limit: input.limit })
  const { answer: log, filters } = await askByName(plan, { ask, isEmpty: () => false })
  const names = input.object ?? []
  // Of several names one may be misspelt, although the others have changes.
  const isDoubtful = log.count === 0 || names.length > 1
  if (!isDoubtful || names.length === 0) return { log, filters, named: [] }
  // Without other filters the answer has told.
  const isTold = names.length === 1 && filters.length === 1
  const changesOf = async (name: string) =>
    isTold ? log.count : (await askCount(plan.asker, CHANGE, { [OBJECT_FILTER]: name })).count
  const namesFrom = async (name: string) => {
    const query = { object_repr__isw: name, limit: MAX_LOGGED_NAMES }
    const { changes: logged } = await readChangeLog(plan.asker, query)
    return [...new Set(logged.map(({ object_repr }) => object_repr))]
  }
  const around = { ...plan, directory, changesOf, namesFrom }
  const named: NamedObject[] = []
  // One after another: the first that nobody knows ends it, and costs Nautobot no more.
  for (const name of names) named.push(await lookUpChanged(name, around))
  if (named.every(({ ids }) => ids.length === 0)) return { log, filters, named }
  const values = named.flatMap(({ name, ids }) => (ids.length > 0 ? ids : [name]))
  const meant = filters.map((filter) => (filter.name === OBJECT ? { ...filter, values } : filter))
  return { log: await ask(meant), filters: meant, named }
}

/** What was not taken as it was written. */
function inOtherWords(
  { location = [] }: ChangesInput,
  filters: readonly Filter[],
  named: readonly NamedObject[]
) {
  const places = filters.filter(({ name }) => name === LOCATION)
  const { read_as } = readAs({ location }, places)
  const labels = named.flatMap((one) => one.labels)
  if (!read_as && labels.length === 0) return {}
  return { read_as: { ...read_as, ...(labels.length > 0 && { object: labels }) } }
}

/**
 * Who changed what, newest first; warm, one request to Nautobot. More when there is nothing to show, or several names: why,
 * and what a name means.
 */
export async function changes(
  input: ChangesInput,
  asker: Asker,
  directory: ModelDirectory,
  nowMs: number
) {
  const asking = await makePlan(input, asker, directory, nowMs)
  const { log, filters, named } = await read(asking, input, directory).catch((error: unknown) => {
    throw inOwnWords(error)
  })
  const plan = { ...asking, filters }
  const rows = rowsOf(log)
  const unknown = named.flatMap(({ gap }) => gap ?? [])
  const gaps = [...unknown, ...(log.count === 0 ? await emptyGaps(plan) : gapsOf(log, rows.length))]
  const { since = 'the first entry', until = 'now' } = plan.range
  return success(
    {
      range: `from ${since} until ${until}`,
      count: log.count,
      ...inOtherWords(input, plan.filters, named),
      changes: rows,
      ...(log.count > rows.length && { more: log.count - rows.length }),
      ...(gaps.length > 0 && { gaps })
    },
    { rows: rows.length, count: log.count, links: linksOf(plan, log), gaps }
  )
}
