import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Query } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { Asker } from './asker.ts'

const groupSchema = z.object({
  /** One for each field; null where it is not set. Ids of related objects. */
  values: z.array(z.string().nullable()),
  /** Null where there is no value, and where the user may not see what it is called. */
  labels: z.array(z.string().nullable()),
  count: z.int(),
  /** The filters that show this group and nothing else; null when the list has none. */
  filters: z.record(z.string(), z.string()).nullable()
})
export type Group = z.infer<typeof groupSchema>

const countSchema = z.object({
  count: z.int().min(0),
  groups: z.array(groupSchema).default([]),
  /** What the groups leave out. */
  more: z.object({ groups: z.int(), objects: z.int() }).default({ groups: 0, objects: 0 }),
  overlapping: z.boolean().default(false)
})
export type Counted = z.infer<typeof countSchema>

/** Asks the shim: one query in Nautobot's database, with the asking user's rights. */
export async function askCount(asker: Asker, objectType: string, query: Query): Promise<Counted> {
  const answer = await asker.get(`${SHIM_API}/count/${objectType}/`, query)
  const parsed = countSchema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot counts in an unknown way.', {
    cause: parsed.error
  })
}
