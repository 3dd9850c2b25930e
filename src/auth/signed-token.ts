import { decodeJwt, errors, jwtVerify } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import type { Caller } from './caller.ts'
import { scopesSchema } from './shim-answers.ts'
import type { SigningKeys } from './signing-keys.ts'

const ISSUER = 'nautobot'
/** Nautobot's hosts and ours may disagree by this much. */
const CLOCK_TOLERANCE_SECONDS = 5
const MAX_TOKEN_CHARACTERS = 4_096
const MAX_KID_CHARACTERS = 200

/** What the shim signs for us, each kind with its own audience: none can stand in for another. */
interface TokenKind {
  readonly audience: string
  /** What the shim gives; a token that claims to live longer is none of its own. */
  readonly maxAgeSeconds: number
  /** Throws when the claims are not those of this kind. */
  readonly toCaller: (claims: unknown, token: Secret) => Caller
}

const sessionClaimsSchema = z.object({
  sub: z.string().min(1),
  username: z.string(),
  typ: z.literal('session'),
  scopes: scopesSchema
})

const jobClaimsSchema = z.object({
  sub: z.string().min(1),
  username: z.string(),
  typ: z.literal('job'),
  job: z.string().regex(/^[a-z0-9-]{1,64}$/)
})

const KINDS: ReadonlyMap<unknown, TokenKind> = new Map([
  [
    'session',
    {
      audience: 'nautobot-ai-ops',
      maxAgeSeconds: 300,
      toCaller: (claims, token) => {
        const { sub, username, scopes } = sessionClaimsSchema.parse(claims)
        return { id: sub, username, scopes, credential: { kind: 'session-token', token } }
      }
    }
  ],
  [
    'job',
    {
      audience: 'nautobot-ai-ops/job',
      maxAgeSeconds: 60,
      toCaller: (claims) => {
        const { sub, username, job } = jobClaimsSchema.parse(claims)
        // No scope, whatever the user's rights are: only a route that asks for `jobs` lets it in.
        return { id: sub, username, scopes: new Set(), credential: { kind: 'job-token', job } }
      }
    }
  ]
] as const)

/** Three parts joined by dots: a token that the shim signed. Anything else is an API token. */
export function looksSigned(token: string): boolean {
  return token.split('.').length === 3
}

function invalid(cause: unknown): AppError {
  const why = cause instanceof errors.JWTExpired ? 'has expired' : 'is not valid'
  return new AppError('UNAUTHENTICATED', `This token ${why}. Sign in to Nautobot again.`, { cause })
}

/** The unverified type chooses the rules; each of them names its type, so that nothing is gained by lying. */
function kindOf(text: string): TokenKind {
  const kind = KINDS.get(decodeJwt(text).typ)
  if (!kind) throw invalid(new Error('unknown type'))
  return kind
}

export interface SignedTokenVerifierOptions {
  readonly keys: SigningKeys
  readonly now?: () => number
}

/**
 * Verifies what the shim signed for a browser session, or for a Nautobot Job that starts a job of ours: EdDSA only, our
 * issuer, the audience and age of its type. Throws UNAUTHENTICATED, and what {@link SigningKeys.find} throws: a Nautobot
 * that is down is never a 401.
 */
export function createSignedTokenVerifier(options: SignedTokenVerifierOptions) {
  const { keys, now = Date.now } = options

  async function findKey(kid: unknown, context: CallContext) {
    const known = typeof kid === 'string' && kid.length <= MAX_KID_CHARACTERS
    const key = known ? await keys.find(kid, context) : undefined
    if (!key) throw invalid(new Error('unknown key'))
    return key
  }

  return async (token: Secret, context: CallContext): Promise<Caller> => {
    const text = token.reveal()
    if (text.length > MAX_TOKEN_CHARACTERS) throw invalid(undefined)
    try {
      const { audience, maxAgeSeconds, toCaller } = kindOf(text)
      const { payload } = await jwtVerify(text, ({ kid }) => findKey(kid, context), {
        algorithms: ['EdDSA'],
        issuer: ISSUER,
        audience,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: maxAgeSeconds,
        requiredClaims: ['sub', 'exp', 'iat', 'nbf', 'jti'],
        currentDate: new Date(now())
      })
      return toCaller(payload, token)
    } catch (error) {
      context.signal.throwIfAborted()
      throw error instanceof AppError ? error : invalid(error)
    }
  }
}
