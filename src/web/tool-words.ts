import type { ToolPart } from './message.ts'
import { pluralOf } from './nouns.ts'

/** Characters of the one-line summary; the full arguments are one click away. */
export const MAX_SUMMARY_CHARS = 200

/** Nautobot's own tools. */
const LABELS: Readonly<Record<string, string>> = {
  changes: 'Changes',
  count: 'Count',
  find: 'Find',
  get: 'Get',
  describe: 'Describe'
}

/** A call in words: its tool, what it is about, and the rest of its arguments in one line. */
export interface CallWords {
  /** `Count devices` */
  readonly title: string
  /** `location AMS01 · by role` */
  readonly details: string
}

/** Arguments that bound an answer rather than say what was asked; all are one click away. */
const BOUNDS: ReadonlySet<string> = new Set(['limit', 'top', 'offset', 'fields'])

/** Arguments as they arrive are no JSON yet: only the tool's name is known then. */
export function callWords(name: string, args: string): CallWords {
  const value = parse(args)
  const title = toolLabel(name)
  if (!isBuiltIn(name)) return { title, details: cut(facts(value)) }
  const { model, ...rest } = isRecord(value) ? value : {}
  const joint = name === 'changes' ? ' of ' : ' '
  const about = typeof model === 'string' ? joint + pluralOf(model) : ''
  const told = Object.entries(rest).filter(([key]) => !BOUNDS.has(key))
  return { title: title + about, details: cut(facts(Object.fromEntries(told))) }
}

/** A tool's name for people: `count` → `Count`, `netbox__get_device` → `Netbox get device`. */
export function toolLabel(name: string): string {
  const known = LABELS[name]
  if (known) return known
  const words = name.replaceAll(/[_-]+/g, ' ').trim()
  return words === '' ? 'Tool' : words.charAt(0).toUpperCase() + words.slice(1)
}

const isBuiltIn = (name: string): boolean => Object.hasOwn(LABELS, name)

const cut = (all: readonly string[]): string => all.join(' · ').slice(0, MAX_SUMMARY_CHARS)

function facts(value: unknown): string[] {
  if (value === undefined) return []
  if (!isRecord(value)) return [plain(value)]
  return Object.entries(value).flatMap(([key, inner]) => fact(key, inner))
}

function fact(key: string, value: unknown): string[] {
  if (value === null || value === undefined || value === '') return []
  if (isRecord(value)) return facts(value)
  if (key === 'group_by') return [`by ${spaced(plain(value))}`]
  if (typeof value === 'boolean') return [yesOrNo(key, value)]
  return [`${words(key)} ${plain(value)}`]
}

/** `has_primary_ip: false` → `without primary ip`. */
function yesOrNo(key: string, value: boolean): string {
  const thing = spaced(key.replace(/^has_/, ''))
  if (key.startsWith('has_')) return `${value ? 'with' : 'without'} ${thing}`
  return `${words(key)} ${value ? 'yes' : 'no'}`
}

const SUFFIXES: Readonly<Record<string, string>> = {
  gte: 'from',
  lte: 'until',
  gt: 'over',
  lt: 'under',
  ic: 'contains',
  ie: 'is',
  n: 'not',
  isw: 'starts with',
  iew: 'ends with'
}

/** Nautobot's filters in words: `time__gte` → `time from`, `name__ic` → `name contains`. */
function words(key: string): string {
  const [, field, suffix] = /^(.+)__([a-z]+)$/.exec(key) ?? []
  const word = suffix && SUFFIXES[suffix]
  const name = spaced((word && field ? field : key).replace(/^cf_/, ''))
  return word ? `${name} ${word}` : name
}

const ACRONYMS = /\b(?:ip|id|vlan|vrf|mac|asn|url)s?\b/g

/** `primary_ip` → `primary IP` */
function spaced(name: string): string {
  return name
    .replaceAll('_', ' ')
    .replace(ACRONYMS, (word) => word.toUpperCase().replace(/S$/, 's'))
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  if (isRecord(value)) return JSON.stringify(value)
  return String(value).replaceAll(/\s+/g, ' ').replace(TIMESTAMP, '$1 $2 UTC')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON in readable form; anything else as it is. */
export function pretty(text: string): string {
  const value = parse(text)
  return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : text
}

/** What has no shape on the screen is spelt out: a person approves, and trusts, what they see. */
export function visible(text: string): string {
  return text.replaceAll(/\p{Cf}/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}

/** `32 rows`; nothing while it is not known. */
export function rowsOf(part: ToolPart): string {
  if (part.state === 'abandoned') return 'no result'
  const rows = part.note?.rows
  return part.state === 'running' || rows === undefined ? '' : rowWords(rows)
}

export function rowWords(rows: number): string {
  return `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`
}

/** `3 of 10`; `30 %` where the total is one. Nothing where there is none: a lone number tells little. */
export function progressWords(progress: number, total: number | undefined): string {
  if (!total) return ''
  if (total <= 1) return `${Math.round((100 * progress) / total)} %`
  return `${progress.toLocaleString('en')} of ${total.toLocaleString('en')}`
}

/** `14 ms`, `2.3 s`, `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
