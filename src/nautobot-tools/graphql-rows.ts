import { AppError } from '../errors.ts'
import { unanswered } from '../nautobot/refusal.ts'
import { isRecord } from '../platform/json.ts'
import type { Asker } from './asker.ts'

/** The rows of one list of an answer. Throws NAUTOBOT_UNAVAILABLE when it is not there: that is not "none". */
export function rowsOf(answer: Readonly<Record<string, unknown>>, alias: string) {
  const rows = answer[alias]
  if (Array.isArray(rows)) return rows.filter(isRecord)
  throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's GraphQL answer has no rows.")
}

/** Asks for lists whose filters are this service's own, or have been judged: what fails is not their fault. */
export function askJudged(asker: Asker, query: string) {
  return asker.graphql(query).catch((error: unknown) => {
    throw unanswered(error)
  })
}
