import type { ToolPart } from './message.ts'

/** Characters of the one-line summary; the full arguments are one click away. */
export const MAX_SUMMARY_CHARS = 200

const LABELS: Readonly<Record<string, string>> = {
  count: 'Count',
  find: 'Find',
  get: 'Look up',
  describe: 'Read the data model',
  query: 'Query',
  changes: 'Read the change log'
}

/** A tool's name for people: `count` → `Count`, `netbox__get_device` → `Get device`. */
export function toolLabel(name: string): string {
  const known = LABELS[name] ?? LABELS[name.replace(/^nautobot_+/, '')]
  if (known) return known
  const words = name.replaceAll(/[_-]+/g, ' ').trim()
  return words === '' ? 'Tool' : words.charAt(0).toUpperCase() + words.slice(1)
}

/** The arguments in one line: `dcim.device · location AMS01 · group by role`. */
export function summarise(args: string): string {
  const value = parse(args)
  if (value === undefined) return ''
  return facts(value).join(' · ').slice(0, MAX_SUMMARY_CHARS)
}

function facts(value: unknown): string[] {
  if (!isRecord(value)) return [plain(value)]
  return Object.entries(value).flatMap(([key, inner]) => fact(key, inner))
}

function fact(key: string, value: unknown): string[] {
  if (value === null || value === undefined || value === '') return []
  if (isRecord(value)) return facts(value)
  if (key === 'model' || key === 'object_type') return [plain(value)]
  return [`${words(key)} ${plain(value)}`]
}

/** Nautobot's filters in words: `time__gte` → `time from`. */
function words(key: string): string {
  return key
    .replace(/__gte$/, ' from')
    .replace(/__lte$/, ' until')
    .replaceAll('_', ' ')
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  if (isRecord(value)) return JSON.stringify(value)
  return String(value).replaceAll(/\s+/g, ' ')
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

/** `32 rows · 14 ms`, from what is known so far. */
export function measures(part: ToolPart): string {
  if (part.state === 'running') return ''
  if (part.state === 'abandoned') return 'no result'
  const { note } = part
  const rows = note?.rows
  return [
    rows !== undefined && `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`,
    note && duration(note.durationMs)
  ]
    .filter((word) => typeof word === 'string')
    .join(' · ')
}

/** `14 ms`, `2.3 s`, `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
