import { AppError } from '../errors.ts'
import { askCount } from './counting.ts'
import type { Surroundings } from './explain.ts'
import type { Filter } from './filters.ts'
import { labelSelection } from './selection.ts'

/** Values looked at for one empty answer. */
const MAX_LOOKED_AT = 5
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether the user may see the object that a filter names. Nautobot takes the name either way. */
async function isHidden(related: string, value: string, { asker }: Surroundings): Promise<boolean> {
  const name = UUID.test(value) ? 'id' : labelSelection(related)
  try {
    return (await askCount(asker, related, { [name]: value })).count === 0
  } catch (error) {
    asker.context.signal.throwIfAborted()
    return error instanceof AppError && error.code === 'FORBIDDEN'
  }
}

/**
 * Why an answer is empty although what was asked for may exist: "none at FRA01" is no answer to who may not see FRA01.
 * Sentences for the gaps; asked only when nothing was found.
 */
export async function blindSpots(around: Surroundings): Promise<string[]> {
  const { filters, description } = around
  const named = filters.flatMap(({ name, values }: Filter) => {
    const related = description.filters.get(name)?.related
    return related ? values.map((value) => ({ name, value, related })) : []
  })
  const looks = named.slice(0, MAX_LOOKED_AT).map(async ({ name, value, related }) => {
    const hidden = await isHidden(related, value, around)
    return hidden
      ? [`Your rights do not show the ${name} "${value}", so nothing there is seen.`]
      : []
  })
  return (await Promise.all(looks)).flat()
}
