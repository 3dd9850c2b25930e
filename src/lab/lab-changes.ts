import { tableOf } from './lab-answers.ts'
import type { LabMove } from './lab-move.ts'
import { objectAmong } from './lab-names.ts'
import { previousObject, previousPlace, previousQuery, readPage } from './lab-query.ts'
import type { LabConversation } from './lab-request.ts'
import { gapLines, isUnknown, sayFailure } from './lab-sentences.ts'
import type { Understanding } from './lab-understanding.ts'

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
  const asked = askedChanges(conversation, understanding, nowMs)
  const [step] = conversation.steps
  const isCount = /\bhow\W+many\b|\bnumber of\b/i.test(conversation.question)
  const limit = isCount ? 1 : limitOf(conversation.question)
  if (!step) return { calls: [{ tool: 'changes', args: { ...asked, limit } }] }
  const failure = sayFailure(step.result)
  if (failure)
    return {
      text: isUnknown(step.result) ? failure : `I could not read the change log: ${failure}`
    }
  const result = step.result ?? {}
  if (Number(result.count) === 0)
    return {
      text: `Nautobot's change log has **no** changes${describe(asked)}.${gapLines(result)}`
    }
  const head = headOf(asked, Number(result.count))
  if (isCount) return { text: `Nautobot's change log has ${head}.` }
  const first = Number(result.count) > limit ? `The newest **${limit}** of ` : ''
  return { text: `${first}${head}, newest first:\n\n${tableOf(changesTable(result))}` }
}

interface Asked {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly object?: readonly string[]
  readonly location?: readonly string[]
  readonly user?: readonly string[]
  readonly model?: string
  readonly action?: string
}

interface Change {
  readonly time: string
  readonly user: string
  readonly action: string
  readonly object: string
  readonly of?: string
  readonly model: string
  readonly fields?: readonly { field: string; before: unknown; after: unknown }[]
}

function changesTable({ changes }: Readonly<Record<string, unknown>>) {
  const rows = (Array.isArray(changes) ? (changes as Change[]) : []).map((change) => [
    change.time,
    change.user,
    change.action,
    change.of ? `${change.of} ${change.object}` : change.object,
    change.model,
    (change.fields ?? []).map(
      ({ field, before, after }) => `${field}: ${short(before)} → ${short(after)}`
    )
  ])
  return { columns: ['time', 'user_name', 'action', 'object_repr', 'kind', 'change'], rows }
}

function short(value: unknown): string {
  const text = value === null || value === '' ? '(none)' : value
  return typeof text === 'object' ? JSON.stringify(text) : String(text)
}

function headOf(asked: Asked, count: number): string {
  return `**${count}** ${count === 1 ? 'change' : 'changes'}${describe(asked)}`
}

/** "The last 5 changes". */
function limitOf(question: string): number {
  const [, asked] =
    /\b(?:last|latest|newest|recent)\s+(\d{1,2})\s+(?:\w+\s+)?chang/i.exec(question) ?? []
  return Math.min(Number(asked) || MAX_CHANGES, MAX_CHANGES)
}

function askedChanges(
  conversation: LabConversation,
  understanding: Understanding,
  nowMs: number
): Asked {
  const { names, action, filters } = understanding
  const times = timesOf(conversation, understanding, nowMs)
  const taken = takenOver(conversation, understanding)
  return {
    ...taken,
    ...(times.since && { since: undefined, until: undefined }),
    ...present({
      user: filters.user ?? filters.user_name__ie,
      model: filters.changed_object_type?.[0],
      action,
      ...namedIn(names),
      ...pageOf(conversation, understanding),
      ...times
    })
  }
}

/** Without what is not said. */
function present(asked: Readonly<Record<string, string | readonly string[] | undefined>>): Asked {
  return Object.fromEntries(Object.entries(asked).filter(([, said]) => said && said.length > 0))
}

/** Names that are written like those of objects, and all others, which are places. */
function namedIn(names: readonly string[]) {
  const words = names.flatMap((name) => (objectAmong([name]) ? name.split(' ') : [name]))
  const isObject = (name: string) => objectAmong([name]) !== undefined
  return { object: words.filter(isObject), location: words.filter((name) => !isObject(name)) }
}

function pageOf({ context }: LabConversation, { here }: Understanding) {
  const page = here ? readPage(context) : undefined
  if (!page) return {}
  return { [page.model === 'dcim.location' ? 'location' : 'object']: [page.id] }
}

function timesOf(conversation: LabConversation, understanding: Understanding, nowMs: number) {
  const since = sinceTime(conversation, understanding, nowMs)
  const isDay = since !== undefined && understanding.yesterdayOnly
  return { since, until: isDay ? toTime(midnightOf(conversation, nowMs)) : undefined }
}

/** From the changes, or from the object or place, that the question before was about. */
function takenOver(
  conversation: LabConversation,
  { those, elliptic, there }: Understanding
): Asked {
  const previous = those || elliptic ? previousQuery(conversation) : undefined
  if (previous?.model === MODEL) {
    const { since, until, action, ...others } = previous.filters
    return {
      ...others,
      ...(action?.[0] && { action: action[0] }),
      ...(since?.[0] && { since: since[0] }),
      ...(until?.[0] && { until: until[0] })
    }
  }
  const place = there ? previousPlace(conversation) : undefined
  if (place) return { location: place }
  const object = those ? previousObject(conversation) : undefined
  return object ? { object: [object] } : {}
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

function describe({ action, model, user, object, location, since, until }: Asked): string {
  const isPage = (names: readonly string[]) => names.every((name) => /^[0-9a-f-]{36}$/i.test(name))
  const parts = [
    action && ` with action ${action}`,
    model && ` of ${model} objects`,
    user && ` by ${user.join(' or ')}`,
    object && (isPage(object) ? ' of this object' : ` of ${object.join(' or ')} and its parts`),
    location && (isPage(location) ? ' here' : ` at ${location.join(' or ')}`),
    since && ` since ${minute(since)}`,
    until && ` until ${minute(until)}`
  ]
  return parts.filter(Boolean).join('')
}

function minute(time: string): string {
  return time.replace('T', ' ').replace(/:\d\dZ$/, ' UTC')
}
