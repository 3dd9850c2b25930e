import type { ConversationSummary, ExportFormat } from './conversation-api.ts'

const DAY_MS = 86_400_000
const MAX_FILE_NAME_CHARS = 60

export interface DayGroup {
  readonly name: string
  readonly items: readonly ConversationSummary[]
}

/** The list cut at the days that people think in, in the browser's time zone; the order stays. */
export function groupByDay(items: readonly ConversationSummary[], now: Date): DayGroup[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  const groups = new Map<string, ConversationSummary[]>()
  for (const item of items) {
    const name = dayName(Date.parse(item.updatedAt), today)
    groups.set(name, [...(groups.get(name) ?? []), item])
  }
  return [...groups].map(([name, group]) => ({ name, items: group }))
}

function dayName(time: number, today: number): string {
  if (time >= today) return 'Today'
  if (time >= today - DAY_MS) return 'Yesterday'
  if (time >= today - 7 * DAY_MS) return 'Last 7 days'
  if (time >= today - 30 * DAY_MS) return 'Last 30 days'
  return 'Older'
}

/** A name that every file system takes. */
export function fileName(title: string, format: ExportFormat): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, MAX_FILE_NAME_CHARS)
    .replaceAll(/^-+|-+$/g, '')
  return `${words || 'conversation'}.${format === 'json' ? 'json' : 'md'}`
}
