import { tableOf } from './lab-answers.ts'
import type { LabMove } from './lab-plan.ts'
import { previousObject, previousPlace, previousQuery, readPage } from './lab-query.ts'
import type { LabConversation } from './lab-request.ts'
import { gapLines, sayFailure } from './lab-sentences.ts'
import type { Understanding } from './lab-understanding.ts'
import type { Filters } from './lab-words.ts'

const MODEL = 'extras.objectchange'
const MAX_CHANGES = 50
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Who changed what: one look into the change log, newest first. */
export function planChanges(
  conversation: LabConversation,
  understanding: Understanding,
  nowMs: number
): LabMove {
  const filters = changeFilters(conversation, understanding, nowMs)
  const [step] = conversation.steps
  const isCount = /\bhow\W+many\b|\bnumber of\b/i.test(conversation.question)
  if (!step) {
    const asked = { model: MODEL, ...(Object.keys(filters).length > 0 && { filters }) }
    return isCount
      ? { calls: [{ tool: 'count', args: asked }] }
      : { calls: [{ tool: 'find', args: { ...asked, limit: limitOf(conversation.question) } }] }
  }
  const failure = sayFailure(step.result)
  if (failure) return { text: `I could not read the change log: ${failure}` }
  const result = step.result ?? {}
  if (Number(result.count) === 0) return { text: sayNoChanges(filters, result) }
  const head = headOf(filters, Number(result.count))
  if (isCount) return { text: `Nautobot's change log has ${head}.` }
  const shown = limitOf(conversation.question)
  const first = Number(result.count) > shown ? `The newest **${shown}** of ` : ''
  return { text: `${first}${head}, newest first:\n\n${tableOf(result)}${gapLines(result)}` }
}

function headOf(filters: Filters, count: number): string {
  return `**${count}** ${count === 1 ? 'change' : 'changes'}${describe(filters)}`
}

function sayNoChanges(filters: Filters, result: Readonly<Record<string, unknown>>): string {
  const noPlaces = filters.object_repr__ic
    ? ' It knows the names of objects, not their places.'
    : ''
  const none = `Nautobot's change log has **no** changes${describe(filters)}.`
  return `${none}${noPlaces}${gapLines(result)}`
}

/** "The last 5 changes". */
function limitOf(question: string): number {
  const [, asked] =
    /\b(?:last|latest|newest|recent)\s+(\d{1,2})\s+(?:\w+\s+)?chang/i.exec(question) ?? []
  return Math.min(Number(asked) || MAX_CHANGES, MAX_CHANGES)
}

function changeFilters(
  conversation: LabConversation,
  understanding: Understanding,
  nowMs: number
): Filters {
  const { names, action, here } = understanding
  const page = here ? readPage(conversation.context) : undefined
  const since = sinceTime(conversation, understanding, nowMs)
  const until = since && understanding.yesterdayOnly ? midnightOf(conversation, nowMs) : undefined
  const taken = Object.entries(takenOver(conversation, understanding))
  return {
    ...Object.fromEntries(taken.filter(([name]) => !since || !name.startsWith('time__'))),
    ...understanding.filters,
    ...(action && { action: [action] }),
    ...(names.length > 0 && { object_repr__ic: names }),
    ...(page && { changed_object_id: [page.id] }),
    ...(since && { time__gte: [since] }),
    ...(until && { time__lt: [toTime(until)] })
  }
}

/** From the changes, or from the object, that the question before was about. */
function takenOver(
  conversation: LabConversation,
  { those, elliptic, there }: Understanding
): Filters {
  const previous = those || elliptic ? previousQuery(conversation) : undefined
  if (previous?.model === MODEL) return previous.filters
  // The change log knows no places; names of objects often begin with theirs.
  const place = there ? previousPlace(conversation) : undefined
  if (place) return { object_repr__ic: place }
  const object = those ? previousObject(conversation) : undefined
  return object ? { object_repr__ic: [object] } : {}
}

/** Days start at midnight UTC, as Nautobot reads times. */
function sinceTime(
  conversation: LabConversation,
  { sinceHours, sinceDays }: Understanding,
  nowMs: number
): string | undefined {
  const midnight = midnightOf(conversation, nowMs)
  if (sinceDays !== undefined) return toTime(midnight - sinceDays * DAY_MS)
  if (sinceHours === undefined) return undefined
  // The date of the question counts, should it be told another time.
  const isToday = nowMs >= midnight && nowMs < midnight + DAY_MS
  return toTime((isToday ? nowMs : midnight + DAY_MS) - sinceHours * HOUR_MS)
}

function midnightOf({ context }: LabConversation, nowMs: number): number {
  const today = Date.parse(`${context.get('date')?.slice(0, 10) ?? ''}T00:00:00Z`)
  return Number.isNaN(today) ? Math.floor(nowMs / DAY_MS) * DAY_MS : today
}

function toTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

function describe(filters: Filters): string {
  const { action, changed_object_type, user_name__ie, object_repr__ic, time__gte } = filters
  const parts = [
    action && ` with action ${action}`,
    changed_object_type && ` of ${changed_object_type.join(' or ')} objects`,
    user_name__ie && ` by ${user_name__ie.join(' or ')}`,
    filters.changed_object_id && ' of this object',
    object_repr__ic && ` of objects whose name contains “${object_repr__ic.join('” or “')}”`,
    time__gte && ` since ${minute(time__gte)}`,
    filters.time__lt && ` until ${minute(filters.time__lt)}`
  ]
  return parts.filter(Boolean).join('')
}

function minute(times: readonly string[]): string {
  return times
    .join()
    .replace('T', ' ')
    .replace(/:\d\dZ$/, ' UTC')
}
