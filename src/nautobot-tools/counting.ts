import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Query } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { Asker } from './asker.ts'

const groupsSchema = z.array(
  z.object({
    value: z.union([z.string(), z.number(), z.boolean()]).nullable(),
    label: z.union([z.string(), z.number(), z.boolean()]).nullable(),
    count: z.int()
  })
)

const countSchema = z.object({
  count: z.int().min(0),
  groups: groupsSchema.default([]),
  more: z.boolean().default(false),
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
