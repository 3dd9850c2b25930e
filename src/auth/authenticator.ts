import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { CallContext } from '../platform/call-context.ts'
import { Secret } from '../platform/secret.ts'
import type { Caller, Right, Scope } from './caller.ts'
import { createApiTokenVerifier } from './nautobot-token.ts'
import { createSignedTokenVerifier, looksSigned } from './signed-token.ts'
import { createSigningKeys } from './signing-keys.ts'

/**
 * Who is asking, and whether they may. `authorization` is the request's header as it came.
 * Throws UNAUTHENTICATED, FORBIDDEN (the message names the permission), NAUTOBOT_UNAVAILABLE (never a 401 for a Nautobot
 * that cannot be asked), NAUTOBOT_REFUSED (the service account is not in order).
 */
export type Authenticate = (
  authorization: string | undefined,
  access: Right,
  context: CallContext
) => Promise<Caller>

export interface AuthenticatorOptions {
  readonly nautobot: NautobotClient
  /** Of the service account; reads the keys that verify what the shim signed. */
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
  const isSigned = scheme.toLowerCase() === 'bearer' && looksSigned(value)
  return { isSigned, token: new Secret(value) }
}

function demand(caller: Caller, access: Right): Caller {
  const { credential, scopes, username } = caller
  if (credential.kind === 'job-token') {
    if (access === 'jobs') return caller
    throw new AppError(
      'FORBIDDEN',
      `This token may list jobs and run ${credential.job}, nothing else.`
    )
  }
  const scope = access === 'jobs' ? 'operate' : access
  if (scopes.has(scope)) return caller
  throw new AppError(
    'FORBIDDEN',
    `This needs the permission ${PERMISSIONS[scope]} in Nautobot, which ${username} does not have.`,
    { details: { permission: PERMISSIONS[scope] } }
  )
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { nautobot, serviceToken, labCaller, now = Date.now } = options
  const keys = createSigningKeys({ nautobot, serviceToken, now })
  const verifySigned = createSignedTokenVerifier({ keys, now })
  const verifyApiToken = createApiTokenVerifier({ nautobot, now })

  async function identify(authorization: string | undefined, context: CallContext) {
    if (authorization === undefined && labCaller) return labCaller
    const { isSigned, token } = readHeader(authorization)
    return isSigned ? verifySigned(token, context) : verifyApiToken(token, context)
  }

  return async (authorization, access, context) =>
    demand(await identify(authorization, context), access)
}
