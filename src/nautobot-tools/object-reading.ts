import { z } from 'zod'
import { AppError } from '../errors.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { isRecord } from '../platform/json.ts'
import type { Asker } from './asker.ts'
import type { Filter } from './filter.ts'

const relatedListSchema = z.object({
  /** As Nautobot's own code calls it: `interfaces`. */
  name: z.string(),
  object_type: z.string(),
  count: z.int().min(1),
  /** Those of the model's list that show the same; null when it has none. */
  filters: z.record(z.string(), z.string()).nullable(),
  /** The first few. */
  objects: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      facts: z.record(z.string(), z.array(z.string()))
    })
  )
})
/** Objects of one model that point at an object. */
export type RelatedList = z.infer<typeof relatedListSchema>

const answerSchema = z.object({
  object: z.record(z.string(), z.unknown()),
  related: z.array(relatedListSchema),
  /** Names of lists with nothing in them. */
  none: z.array(z.string()),
  /** Names of lists whose objects the user may not view. */
  hidden: z.array(z.string())
})
export type ObjectAnswer = z.infer<typeof answerSchema>

/**
 * One object as the REST API shows it, with what points at it; one request. Throws AppError: OBJECT_NOT_FOUND also for
 * what the user may not view.
 */
export async function readObject(
  asker: Asker,
  objectType: string,
  { id, depth }: { readonly id: string; readonly depth: number }
): Promise<ObjectAnswer> {
  const query = { depth, exclude_m2m: false, include: 'relationships' }
  const answer = await asker.get(`${SHIM_API}/objects/${objectType}/${id}/`, query)
  const parsed = answerSchema.safeParse(answer)
  if (parsed.success && isRecord(parsed.data.object) && parsed.data.object.id === id)
    return parsed.data
  throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot shows the object in an unknown way.', {
    cause: parsed.error
  })
}

/** A list in which an object may be: a model's, with one filter. */
export interface NamedList {
  readonly objectType: string
  readonly filter: Filter
  readonly depth: number
}

const onlySchema = z.union([
  answerSchema.extend({ found: z.literal(1), object_type: z.string() }),
  z.object({ found: z.int() })
])
/** Lists that one request may name. */
const MAX_LISTS = 60
/** As they are sent; uWSGI takes 4,096 with all headers. */
const MAX_QUERY_CHARACTERS = 1_500
/** It takes a search to say what is wrong. */
const UNTOLD: ReadonlySet<AppError['code']> = new Set([
  'INVALID_REQUEST',
  'OBJECT_NOT_FOUND',
  'NOT_IN_SAMPLE'
])

/**
 * The object that is the only one in all of the lists together; one request. Undefined where there is none, or several,
 * where the lists are too long to be sent, and where it takes a search to say what is wrong.
 */
export async function readOnlyObject(asker: Asker, lists: readonly NamedList[]) {
  const named = lists.map(({ objectType, filter: { name, sentAs = name, values }, depth }) => {
    return `${depth} ${objectType} ${sentAs} ${values[0]}`
  })
  const characters = named.map((text) => encodeURIComponent(text)).join('&in=').length
  if (named.length === 0 || named.length > MAX_LISTS || characters > MAX_QUERY_CHARACTERS)
    return undefined
  const query = { in: named, exclude_m2m: false, include: 'relationships' }
  const answer = await asker.get(`${SHIM_API}/objects/`, query).catch((error: unknown) => {
    if (!(error instanceof AppError) || !UNTOLD.has(error.code)) throw error
  })
  const { data } = onlySchema.safeParse(answer)
  if (!data || !('object' in data) || typeof data.object.id !== 'string') return undefined
  return { objectType: data.object_type, id: data.object.id, answer: data satisfies ObjectAnswer }
}
