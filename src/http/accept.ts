import { AppError } from '../errors.ts'

interface Range {
  readonly type: string
  readonly weight: number
  /** Place in the header: between equal weights the one named first is meant. */
  readonly place: number
}

interface Choice {
  readonly type: string
  readonly range: Range
}

/** Which of the types on offer an `Accept` header prefers; the first one when it says nothing. Throws NOT_ACCEPTABLE. */
export function preferredType<Type extends string>(
  accept: string | undefined,
  offered: readonly [Type, ...Type[]]
): Type {
  if (!accept?.trim()) return offered[0]
  const ranges = accept.toLowerCase().split(',').map(parseRange)
  const choices = offered.flatMap((type) => {
    const range = closestRange(ranges, type)
    return range && range.weight > 0 ? [{ type, range }] : []
  })
  const best = choices.sort(byPreference)[0]
  if (best) return best.type
  throw new AppError('NOT_ACCEPTABLE', `This path answers ${offered.join(' or ')}.`)
}

function byPreference({ range: a }: Choice, { range: b }: Choice): number {
  return b.weight - a.weight || a.place - b.place
}

function parseRange(text: string, place: number): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const given = weight === undefined ? 1 : Number(weight)
  return { type, place, weight: given >= 0 && given <= 1 ? given : 0 }
}

/** The most exact range counts, wherever it stands (RFC 9110, 12.5.1). */
function closestRange(ranges: readonly Range[], type: string): Range | undefined {
  const [family] = type.split('/')
  for (const wanted of [type, `${family}/*`, '*/*']) {
    const range = ranges.find((each) => each.type === wanted)
    if (range) return range
  }
  return undefined
}
