import { ToolRefusal } from './tool-failure.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const UNITS_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  min: 60_000,
  m: 60_000,
  hour: HOUR_MS,
  h: HOUR_MS,
  day: DAY_MS,
  d: DAY_MS,
  week: 7 * DAY_MS,
  w: 7 * DAY_MS,
  month: 30 * DAY_MS,
  year: 365 * DAY_MS
}
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
/** Nobody's change log is older, and no date is out of range. */
const MAX_SPAN_MS = 100 * 365 * DAY_MS
const LEADING =
  /^(?:(?:since|from|after|until|before|in|on|within|for|the|during|as of|start of|beginning of)\s+)+/
const SPAN = /^(?:(?:last|past|previous)\s+)?(?:(\d{1,6}|an?|one)\s*)?([a-z]+?)s?(?:\s+ago)?$/
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(z|utc|[+-]\d{2}:?\d{2})?)?$/

/** A moment; or a day or week, which has an end of its own. */
export interface Moment {
  readonly startMs: number
  /** First moment after it. */
  readonly endMs: number
}

/** Times as Nautobot's filters take them; undefined where the range is open. */
export interface TimeRange {
  readonly since: string | undefined
  /** Not included. */
  readonly until: string | undefined
}

const midnight = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS
const instant = (ms: number): Moment => ({ startMs: ms, endMs: ms })
const day = (startMs: number): Moment => ({ startMs, endMs: startMs + DAY_MS })

function readIso(text: string): Moment | undefined {
  const [, date, time, zone = 'z'] = ISO.exec(text) ?? []
  if (!date) return undefined
  const suffix = zone === 'utc' ? 'z' : zone
  const ms = Date.parse(time ? `${date}T${time}${suffix.toUpperCase()}` : `${date}T00:00Z`)
  const dayMs = Date.parse(`${date}T00:00Z`)
  if (Number.isNaN(ms) || Number.isNaN(dayMs)) return undefined
  // JavaScript takes 31 February for 3 March.
  if (!new Date(dayMs).toISOString().startsWith(date)) return undefined
  return time ? instant(ms) : day(ms)
}

function monthStart(nowMs: number): number {
  const now = new Date(nowMs)
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)
}

function mondayOf(nowMs: number): number {
  const sinceMonday = (new Date(nowMs).getUTCDay() + 6) % 7
  return midnight(nowMs) - sinceMonday * DAY_MS
}

/** The last one that is over: on a Friday "Friday" is a week ago. */
function readWeekday(text: string, nowMs: number): Moment | undefined {
  const name = text.replace(/^(?:last|past|previous)\s+/, '')
  const wanted = WEEKDAYS.findIndex((weekday) => name.length >= 3 && weekday.startsWith(name))
  if (wanted === -1) return undefined
  const daysAgo = (new Date(nowMs).getUTCDay() - wanted + 7) % 7 || 7
  return day(midnight(nowMs) - daysAgo * DAY_MS)
}

function readSpan(text: string, nowMs: number): Moment | undefined {
  const [, amount = '1', unit = ''] = SPAN.exec(text) ?? []
  const unitMs = Object.hasOwn(UNITS_MS, unit) ? (UNITS_MS[unit] ?? 0) : 0
  const count = /^\d+$/.test(amount) ? Number(amount) : 1
  const spanMs = count * unitMs
  return spanMs > 0 && spanMs <= MAX_SPAN_MS ? instant(nowMs - spanMs) : undefined
}

const NAMED: Readonly<Record<string, (nowMs: number) => Moment>> = {
  now: instant,
  today: (nowMs) => day(midnight(nowMs)),
  yesterday: (nowMs) => day(midnight(nowMs) - DAY_MS),
  'this week': (nowMs) => ({ startMs: mondayOf(nowMs), endMs: mondayOf(nowMs) + 7 * DAY_MS }),
  'this month': (nowMs) => ({ startMs: monthStart(nowMs), endMs: nowMs })
}

/** A time as people say it; `argument` is where, for the refusal. Throws {@link ToolRefusal} for what is no time. */
export function readMoment(given: string, nowMs: number, argument: string): Moment {
  const text = given.trim().toLowerCase().replace(/\s+/g, ' ').replace(LEADING, '')
  const named = Object.hasOwn(NAMED, text) ? NAMED[text]?.(nowMs) : undefined
  const moment = named ?? readIso(text) ?? readWeekday(text, nowMs) ?? readSpan(text, nowMs)
  if (moment) return moment
  throw new ToolRefusal(
    `${argument}: "${given}" is not a time. Use 2026-11-20, 2026-11-20T08:00Z, "24 hours", "last week", "yesterday" or "Friday".`
  )
}

const toTime = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/**
 * Resolves relative times against now, in UTC; a day as an end is included. Throws {@link ToolRefusal} for what is no
 * time, and for a range with nothing in it.
 */
export function readTimeRange(
  { since, until }: { since?: string | undefined; until?: string | undefined },
  nowMs: number
): TimeRange {
  const from = since === undefined ? undefined : readMoment(since, nowMs, 'since').startMs
  const to = until === undefined ? undefined : readMoment(until, nowMs, 'until').endMs
  if (from !== undefined && from > nowMs) throw new ToolRefusal('since: lies in the future.')
  if (from !== undefined && to !== undefined && from >= to)
    throw new ToolRefusal(`The range from ${toTime(from)} until ${toTime(to)} has no time in it.`)
  return {
    since: from === undefined ? undefined : toTime(from),
    until: to === undefined ? undefined : toTime(to)
  }
}
