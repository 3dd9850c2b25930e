import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'

/** The rows of one list of an answer. Throws NAUTOBOT_UNAVAILABLE when it is not there: that is not "none". */
export function rowsOf(answer: Readonly<Record<string, unknown>>, alias: string) {
  const rows = answer[alias]
  if (Array.isArray(rows)) return rows.filter(isRecord)
  throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's GraphQL answer has no rows.")
}
