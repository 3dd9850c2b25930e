import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import type { Caller } from './caller.ts'
import { scopesSchema } from './shim-answers.ts'
import type { SigningKeys } from './signing-keys.ts'

const ISSUER = 'nautobot'
const AUDIENCE = 'nautobot-ai-ops'
/** Nautobot's hosts and ours may disagree by this much. */
const CLOCK_TOLERANCE_SECONDS = 5
/** The shim gives five minutes; a token that claims to live longer is none of its own. */
const MAX_AGE_SECONDS = 300
const MAX_TOKEN_CHARACTERS = 4_096
const MAX_KID_CHARACTERS = 200

const claimsSchema = z.object({
  sub: z.string().min(1),
  username: z.string(),
  typ: z.literal('session'),
  scopes: scopesSchema
})

/** Three parts joined by dots: a session token. Anything else is an API token. */
export function looksLikeSessionToken(token: string): boolean {
  return token.split('.').length === 3
}

function invalid(cause: unknown): AppError {
  const why = cause instanceof errors.JWTExpired ? 'has expired' : 'is not valid'
  return new AppError('UNAUTHENTICATED', `This session token ${why}. Sign in to Nautobot again.`, {
    cause
  })
}

export interface SessionTokenVerifierOptions {
  readonly keys: SigningKeys
  readonly now?: () => number
}

/**
 * Verifies what the shim signed for a browser session: EdDSA only, our issuer, audience and type, five minutes.
 * Throws UNAUTHENTICATED, and what {@link SigningKeys.find} throws: a Nautobot that is down is never a 401.
 */
export function createSessionTokenVerifier(options: SessionTokenVerifierOptions) {
  const { keys, now = Date.now } = options
  return async (token: Secret, context: CallContext): Promise<Caller> => {
    const text = token.reveal()
    if (text.length > MAX_TOKEN_CHARACTERS) throw invalid(undefined)
    try {
      const { payload } = await jwtVerify(
        text,
        async ({ kid }) => {
          const known = typeof kid === 'string' && kid.length <= MAX_KID_CHARACTERS
          const key = known ? await keys.find(kid, context) : undefined
          if (!key) throw invalid(new Error('unknown key'))
          return key
        },
        {
          algorithms: ['EdDSA'],
          issuer: ISSUER,
          audience: AUDIENCE,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          maxTokenAge: MAX_AGE_SECONDS,
          requiredClaims: ['sub', 'exp', 'iat', 'nbf', 'jti'],
          currentDate: new Date(now())
        }
      )
      const { sub, username, scopes } = claimsSchema.parse(payload)
      return { id: sub, username, scopes, credential: { kind: 'session-token', token } }
    } catch (error) {
      context.signal.throwIfAborted()
      throw error instanceof AppError ? error : invalid(error)
    }
  }
}
