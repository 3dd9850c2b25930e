import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { CallContext } from '../platform/call-context.ts'
import { Secret } from '../platform/secret.ts'
import type { Caller, Scope } from './caller.ts'
import { createApiTokenVerifier } from './nautobot-token.ts'
import { createSessionTokenVerifier, looksLikeSessionToken } from './session-token.ts'
import { createSigningKeys } from './signing-keys.ts'

/**
 * Who is asking, and whether they may. `authorization` is the request's header as it came.
 * Throws UNAUTHENTICATED, FORBIDDEN (the message names the permission), NAUTOBOT_UNAVAILABLE (never a 401 for a Nautobot
 * that cannot be asked), NAUTOBOT_REFUSED (the service account is not in order).
 */
export type Authenticate = (
  authorization: string | undefined,
  access: Scope,
  context: CallContext
) => Promise<Caller>

export interface AuthenticatorOptions {
  readonly nautobot: NautobotClient
  /** Of the service account; reads the keys that verify session tokens. */
  readonly serviceToken: Secret
  /** Who asks when there is no Authorization header: with the embedded sample network only. */
  readonly labCaller?: Caller
  readonly now?: () => number
}

const HEADER = /^(bearer|token) +([\x21-\x7e]+) *$/i

/** What an administrator grants in Nautobot for each scope. */
const PERMISSIONS: Readonly<Record<Scope, string>> = {
  chat: 'nautobot_ai_ops.chat_llmmodel',
  operate: 'nautobot_ai_ops.operate_llmmodel',
  erase: 'nautobot_ai_ops.erase_llmmodel'
}

function readHeader(authorization: string | undefined) {
  if (authorization === undefined)
    throw new AppError('UNAUTHENTICATED', 'Sign in to Nautobot, or send a Nautobot API token.')
  const [, scheme = '', value] = HEADER.exec(authorization) ?? []
  if (!value)
    throw new AppError(
      'UNAUTHENTICATED',
      'The Authorization header is neither `Bearer <token>` nor `Token <token>`.'
    )
  const isSessionToken = scheme.toLowerCase() === 'bearer' && looksLikeSessionToken(value)
  return { isSessionToken, token: new Secret(value) }
}

function demandScope(caller: Caller, access: Scope): Caller {
  if (caller.scopes.has(access)) return caller
  throw new AppError(
    'FORBIDDEN',
    `This needs the permission ${PERMISSIONS[access]} in Nautobot, which ${caller.username} does not have.`,
    { details: { permission: PERMISSIONS[access] } }
  )
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { nautobot, serviceToken, labCaller, now = Date.now } = options
  const keys = createSigningKeys({ nautobot, serviceToken, now })
  const verifySessionToken = createSessionTokenVerifier({ keys, now })
  const verifyApiToken = createApiTokenVerifier({ nautobot, now })

  async function identify(authorization: string | undefined, context: CallContext) {
    if (authorization === undefined && labCaller) return labCaller
    const { isSessionToken, token } = readHeader(authorization)
    return isSessionToken ? verifySessionToken(token, context) : verifyApiToken(token, context)
  }

  return async (authorization, access, context) =>
    demandScope(await identify(authorization, context), access)
}
