import { AppError } from '../errors.ts'

/** A place in a run's log. Both only grow; a new attempt begins its numbers again at 1. */
export interface LogPlace {
  readonly attempt: number
  readonly number: number
}

export const LOG_START: LogPlace = { attempt: 0, number: 0 }

const ID = /^(\d{1,9})-(\d{1,9})$/

/** As readers see it, and as Redis names entries of a stream: `2-17`. */
export function toLogId({ attempt, number }: LogPlace): string {
  return `${attempt}-${number}`
}

export function parseLogId(id: string): LogPlace | undefined {
  const [, attempt, number] = ID.exec(id) ?? []
  return attempt === undefined ? undefined : { attempt: Number(attempt), number: Number(number) }
}

/**
 * Where a reader goes on. Throws INVALID_REQUEST for an id that this run's log cannot have given. One beyond its end
 * may be right: its reader saw more than a replica that died could still keep.
 */
export function readingPlace(afterId: string | undefined, attempt: number): LogPlace {
  if (afterId === undefined) return LOG_START
  const place = parseLogId(afterId)
  if (place && place.attempt >= 1 && place.attempt <= attempt) return place
  throw new AppError('INVALID_REQUEST', 'Last-Event-ID is not an id of this run.', {
    details: {
      fields: [{ path: 'Last-Event-ID', message: `must look like ${attempt}-17, as in \`id:\`` }]
    }
  })
}
