import { z } from 'zod'
import { plainText } from './plain-text.ts'

const MAX_NAME_CHARACTERS = 255
const MAX_REFERENCES = 100
export const MAX_URL_CHARACTERS = 500

export const name = plainText(MAX_NAME_CHARACTERS).min(1, 'is empty')

/** Values are checked by Nautobot, which knows the rules of today; here only shapes and sizes are. */
const related = z.union([
  name,
  z.strictObject({ id: z.guid(), name: name.optional() }),
  z.strictObject({ name })
])

export const reference = related
  .nullable()
  .describe("The object's id or name, or `{id}` or `{name}`; null for none.")

export const references = z
  .array(related)
  .max(MAX_REFERENCES, `has more than ${MAX_REFERENCES} entries`)

const named = z.object({ id: z.string(), name: z.string() })
const NAME_OF_VIEW = 'The name is that which your rights let you see.'
export const referenceView = named.nullable().describe(NAME_OF_VIEW)
export const referenceViews = z.array(named).describe(NAME_OF_VIEW)

export const description = plainText(MAX_NAME_CHARACTERS).optional()
export const status = name.describe('Name of a status, such as `Healthy`, `Failed`, `Maintenance`.')
export const timeoutSeconds = z.int().min(1).max(3_600)

/** What Nautobot adds to every object. */
export const viewCommon = {
  created: z.iso.datetime().nullable(),
  lastUpdated: z.iso.datetime().nullable(),
  page: z.url().describe("The object's page in Nautobot.")
}

export const stamps = {
  created: '2026-03-01T09:00:00Z',
  lastUpdated: '2026-03-01T09:00:00Z'
}
export const pages = 'https://nautobot.example.com/plugins/ai-ops'

export const notEmpty = (body: object) => Object.keys(body).length > 0
