import type { FilterDescription } from './nautobot-model.ts'
import { type Moment, readMoment } from './time-range.ts'
import { ToolRefusal } from './tool-failure.ts'

/** A date or time in Nautobot's own form, which is for Nautobot to judge. */
const WRITTEN_OUT = /^\d{4}-/

export const takesTimes = ({ type }: FilterDescription) => type.includes('Date')

/** A whole second, or the first or last instant of a day, by what the lookup compares with. */
function instantOf({ startMs, endMs }: Moment, lookup: string): number {
  const isDay = endMs > startMs
  // `gt` and `lte` mean the end: after yesterday is today.
  if (isDay && (lookup === 'gt' || lookup === 'lte')) return endMs - 1
  return startMs - (startMs % 1_000)
}

/**
 * "3 days ago" as Nautobot's filters take it. Throws {@link ToolRefusal} for what is no time, and for a relative time
 * that would have to be met to the second.
 */
export function readFilterTime(
  written: string,
  nowMs: number,
  { name, lookup, description }: FilterOfTime
): string {
  if (WRITTEN_OUT.test(written)) return written
  const moment = readMoment(written, nowMs, name)
  const isDay = !description.type.includes('DateTime')
  if (!isDay && !['gt', 'gte', 'lt', 'lte'].includes(lookup ?? ''))
    throw new ToolRefusal(
      `${name}: for "${written}" say before or after: ${name}__gte or ${name}__lte.`
    )
  const time = new Date(instantOf(moment, lookup ?? '')).toISOString()
  return isDay ? time.slice(0, 10) : time.replace('.000Z', 'Z')
}

export interface FilterOfTime {
  readonly name: string
  readonly lookup: string | undefined
  readonly description: FilterDescription
}
