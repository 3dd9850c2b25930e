import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { refusalOf } from '../nautobot/refusal.ts'
import type { Secret } from '../platform/secret.ts'
import { SCOPES, type Scope } from './caller.ts'

const MAX_LLM_MODELS = 1_000
const MAX_MCP_SERVERS = 1_000

/** Scopes that this version does not know are left out. */
export const scopesSchema = z
  .array(z.string())
  .transform(
    (names): ReadonlySet<Scope> => new Set(SCOPES.filter((scope) => names.includes(scope)))
  )

export const whoamiSchema = z.object({
  id: z.string().min(1),
  username: z.string(),
  exchanged: z.boolean(),
  scopes: scopesSchema
})

/** `expires` and `grant_expires` in seconds since the epoch. */
export const exchangeSchema = z.object({
  token: z.string().min(1),
  expires: z.number(),
  grant: z.string().min(1),
  grant_expires: z.number(),
  user: z.object({ id: z.string().min(1), username: z.string() }),
  llm_models: z.array(z.string()).max(MAX_LLM_MODELS),
  mcp_servers: z.array(z.string()).max(MAX_MCP_SERVERS)
})

/** What the shim answered, or NAUTOBOT_UNAVAILABLE when it is not what its contract says. */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new AppError(
    'NAUTOBOT_UNAVAILABLE',
    "Nautobot's AI Ops app answers in a way this version does not understand.",
    { cause: parsed.error }
  )
}

/** A 404 from the shim's own address means that there is no shim. */
export function missingApp(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'OBJECT_NOT_FOUND') return error
  return new AppError(
    'NAUTOBOT_REFUSED',
    'The AI Ops app is not installed in this Nautobot, or not in this version.',
    { cause: error }
  )
}

/** The shim's own name for why it refused, such as `session_ended`. */
export function refusalCode(error: unknown): string | undefined {
  const body = refusalOf(error)?.body
  const code = (body as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** What to remember a credential by: never the credential itself. */
export function fingerprint(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('base64url')
}
