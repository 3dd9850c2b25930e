import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Query } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { Asker } from './asker.ts'

const fieldSchema = z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })

const changeSchema = z.object({
  id: z.string(),
  time: z.string(),
  user_name: z.string(),
  action: z.string(),
  /** Null when Nautobot does not have the model any more. */
  object_type: z.string().nullable(),
  object_repr: z.string(),
  /** What the object is a part of: the device of an interface. */
  owner: z.string().nullable(),
  /** Null for a creation, and where the state before is not known. */
  fields: z.array(fieldSchema).nullable(),
  /** Changed fields whose values are not told. */
  withheld: z.array(z.string()),
  more_fields: z.int()
})
export type Change = z.infer<typeof changeSchema>

const changeLogSchema = z.object({ count: z.int().min(0), changes: z.array(changeSchema) })
export type ChangeLog = z.infer<typeof changeLogSchema>

/** Reads the change log, newest first. Throws AppError: FORBIDDEN when the user may not view it. */
export async function readChangeLog(asker: Asker, query: Query): Promise<ChangeLog> {
  const answer = await asker.get(`${SHIM_API}/change-log/`, query).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'FORBIDDEN') throw error
    throw new AppError(
      'FORBIDDEN',
      "Your rights do not show Nautobot's change log, so what was changed is not known. " +
        'An administrator can grant "view" on object changes.',
      { cause: error }
    )
  })
  const parsed = changeLogSchema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot tells its changes in an unknown way.', {
    cause: parsed.error
  })
}
