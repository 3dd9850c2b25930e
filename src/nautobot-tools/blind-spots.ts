import { AppError } from '../errors.ts'
import { askCount } from './counting.ts'
import type { Surroundings } from './explain.ts'
import type { Filter } from './filter.ts'
import { labelSelection } from './selection.ts'

/** Values looked at for one empty answer. */
const MAX_LOOKED_AT = 5
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

type Look = 'shown' | 'hidden' | 'not known'

/** Whether the user may see the object that a filter names. Nautobot takes the name either way. */
async function lookAt(related: string, value: string, { asker }: Surroundings): Promise<Look> {
  const name = UUID.test(value) ? 'id' : labelSelection(related)
  try {
    return (await askCount(asker, related, { [name]: value })).count === 0 ? 'hidden' : 'shown'
  } catch (error) {
    asker.context.signal.throwIfAborted()
    const { code } = AppError.from(error)
    if (code === 'FORBIDDEN') return 'hidden'
    // What is no name of such an object, Nautobot has judged before.
    return code === 'INVALID_REQUEST' ? 'shown' : 'not known'
  }
}

function sentenceOf(look: Look, name: string, value: string): string[] {
  if (look === 'hidden')
    return [`Your rights do not show the ${name} "${value}", so nothing there is seen.`]
  if (look === 'not known')
    return [`Nautobot could not be asked whether your rights show the ${name} "${value}".`]
  return []
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
    return sentenceOf(await lookAt(related, value, around), name, value)
  })
  return (await Promise.all(looks)).flat()
}
