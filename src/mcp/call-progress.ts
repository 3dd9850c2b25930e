import type { ToolProgress } from '../tool-server.ts'

/** Between two reports of one call. It doubles with every `REPORTS_PER_INTERVAL`: a long call moves slowly. */
export const MIN_INTERVAL_MS = 500
export const REPORTS_PER_INTERVAL = 50
/** Of one call: enough for an hour. */
export const MAX_REPORTS = 400
export const MAX_MESSAGE_CHARACTERS = 200

/** What is read of a message: the rest could only be what is taken out. */
const MAX_READ_CHARACTERS = 4 * MAX_MESSAGE_CHARACTERS

/** What a server says of a call under way, before anything in it is trusted. */
export interface RawProgress {
  readonly progress?: unknown
  readonly total?: unknown
  readonly message?: unknown
}

export interface CallProgress {
  report(raw: RawProgress): void
  /** The call has ended: nothing is passed on any more, and no timer stays. */
  end(): void
}

/**
 * Passes on how far a call has come: seldom, at most so many times, and never backwards. The first report goes at once;
 * of those that come too fast the newest does, as soon as it may.
 */
export function createCallProgress(emit: (progress: ToolProgress) => void): CallProgress {
  let last: ToolProgress | undefined
  let held: ToolProgress | undefined
  let timer: NodeJS.Timeout | undefined
  let reports = 0
  let isOver = false

  function pass(progress: ToolProgress): void {
    held = undefined
    reports += 1
    emit(progress)
    isOver ||= reports >= MAX_REPORTS
    if (isOver) return
    const waitMs = MIN_INTERVAL_MS * 2 ** Math.floor(reports / REPORTS_PER_INTERVAL)
    timer = setTimeout(() => {
      timer = undefined
      if (held) pass(held)
    }, waitMs)
  }

  return {
    report(raw) {
      if (isOver) return
      const progress = readProgress(raw)
      if (!progress || !isNews(progress, last)) return
      last = progress
      if (timer) held = progress
      else pass(progress)
    },
    end() {
      isOver = true
      clearTimeout(timer)
    }
  }
}

/** Servers that have nothing to count say something else about the same number. */
function isNews(now: ToolProgress, before: ToolProgress | undefined): boolean {
  if (!before || now.progress > before.progress) return true
  return now.progress === before.progress && now.message !== before.message
}

/** Undefined for what says nothing; a total or message that cannot be right is left out. */
export function readProgress({ progress, total, message }: RawProgress): ToolProgress | undefined {
  if (!isAmount(progress)) return undefined
  const words = typeof message === 'string' ? cleaned(message) : ''
  const hasTotal = isAmount(total) && total > 0 && total >= progress
  return { progress, ...(hasTotal && { total }), ...(words !== '' && { message: words }) }
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** One line of visible characters. */
function cleaned(message: string): string {
  const line = message
    .slice(0, MAX_READ_CHARACTERS)
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Cc}\p{Cs}\p{Z}]+/gu, ' ')
    .trim()
  if (line.length <= MAX_MESSAGE_CHARACTERS) return line
  return `${line.slice(0, MAX_MESSAGE_CHARACTERS - 1).replace(/\p{Cs}$/u, '')}…`
}
