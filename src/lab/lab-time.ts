/** A span back from now, or from the start of today. */
export interface Since {
  readonly sinceHours: number | undefined
  /** Whole days before today; 0 is today. */
  readonly sinceDays: number | undefined
  /** Yesterday by itself, not since yesterday. */
  readonly yesterdayOnly?: boolean
}

const HOURS: Readonly<Record<string, number>> = { hour: 1, day: 24, week: 168, month: 720 }

/** Since when changes are asked for. */
export function readTime(question: string): Since {
  const span =
    /\b(?:last|past|previous|within|in)\s+(?:the\s+(?:last|past)\s+)?(\d+)?\s*(hour|day|week|month)s?\b/i
  const [found, amount = '1', unit = ''] = span.exec(question) ?? []
  if (found) return hoursBack(Number(amount) * (HOURS[unit.toLowerCase()] ?? 0))
  if (/\b(?:this|a|one) week\b|\brecent(?:ly)?\b|\blately\b/i.test(question)) return hoursBack(168)
  if (/\bthis month\b/i.test(question)) return hoursBack(720)
  if (/\byesterday\b/i.test(question)) {
    const isOpen = /\b(?:since|from|after)\s+yesterday\b|\btoday\b/i.test(question)
    return { sinceHours: undefined, sinceDays: 1, yesterdayOnly: !isOpen }
  }
  if (/\btoday\b|\bthis morning\b/i.test(question)) return { sinceHours: undefined, sinceDays: 0 }
  return { sinceHours: undefined, sinceDays: undefined }
}

function hoursBack(hours: number): Since {
  return { sinceHours: hours, sinceDays: undefined }
}

/** What must have been done, when the question says so. */
export function readAction(question: string): string | undefined {
  if (/\bdelet|\bremoved/i.test(question)) return 'delete'
  if (/\bcreated|\badded/i.test(question)) return 'create'
  return undefined
}

const TIME_WORDS = new Set(
  'since yesterday today tonight week weeks day days hour hours month months last past recent recently latest newest previous ago morning during'.split(
    ' '
  )
)

/** Words that tell a time, and nothing else. */
export const isTimeWord = (word: string) => TIME_WORDS.has(word.toLowerCase())
