import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { CallContext } from '../platform/call-context.ts'
import { Secret } from '../platform/secret.ts'
import { parseAnswer, refusalCode } from './shim-answers.ts'
import { exchangeRefusal } from './user-token.ts'

const TIMEOUT_MS = 5_000

/** Answer of `user-statement/`; `expires` in seconds since the epoch. */
const statementSchema = z.object({
  url: z.string(),
  value: z.string().min(1),
  expires: z.number()
})

/** An MCP server that wants to know who asks it. */
export interface VouchedServer {
  readonly id: string
  readonly name: string
  readonly address: string
}

/** Who asks, signed by Nautobot for the server at `address` and for nobody else. */
export interface UserStatement {
  readonly address: string
  readonly secret: Secret
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface UserStatementsOptions {
  readonly nautobot: NautobotClient
  readonly serviceToken: Secret
  /** The catalog's address of a server is not Nautobot's any more: the catalog is out of date. */
  readonly onOutdated: () => void
  /** For the audit; `outcome`: ok, or an error's code. */
  readonly onStated?: (
    server: VouchedServer,
    stated: { readonly userId: string; readonly outcome: string; readonly correlationId: string }
  ) => void
}

/**
 * Has a statement on a user made for one server. Nothing is kept: it is as old as the connection that shows it.
 *
 * @throws AppError CREDENTIAL_UNAVAILABLE: the user may not use the server, or its address is another one by now.
 * UNAUTHENTICATED, FORBIDDEN, NAUTOBOT_REFUSED, NAUTOBOT_UNAVAILABLE. The signal's reason when that aborts.
 */
export type StateUser = (
  server: VouchedServer,
  user: { readonly id: string; readonly grant: Secret },
  context: CallContext
) => Promise<UserStatement>

export function createUserStatements(options: UserStatementsOptions): StateUser {
  const { nautobot, serviceToken, onOutdated, onStated } = options

  async function ask(server: VouchedServer, grant: Secret, context: CallContext) {
    const path = `${SHIM_API}/mcp-servers/${encodeURIComponent(server.id)}/user-statement/`
    const call = { ...context, token: serviceToken, timeoutMs: TIMEOUT_MS }
    const answer = await nautobot
      .send('POST', path, { grant: grant.reveal() }, call)
      .catch((error: unknown) => {
        context.signal.throwIfAborted()
        throw refusalCode(error) === 'no_server'
          ? notVouched(server, error)
          : exchangeRefusal(error)
      })
    const { url, value, expires } = parseAnswer(statementSchema, answer)
    if (url !== server.address) {
      onOutdated()
      const message = `The address of ${server.name} has just changed in Nautobot. Ask again.`
      throw new AppError('CREDENTIAL_UNAVAILABLE', message)
    }
    return { address: url, secret: new Secret(value), expiresAt: expires * 1_000 }
  }

  return async (server, { id: userId, grant }, context) => {
    const about = { userId, correlationId: context.correlationId }
    try {
      const statement = await ask(server, grant, context)
      onStated?.(server, { ...about, outcome: 'ok' })
      return statement
    } catch (error) {
      onStated?.(server, { ...about, outcome: AppError.from(error).code })
      throw error
    }
  }
}

function notVouched({ name }: VouchedServer, cause: unknown): AppError {
  const message = `Nautobot does not vouch for you at ${name}: you may not use it, or it takes nobody's identity any more.`
  return new AppError('CREDENTIAL_UNAVAILABLE', message, { cause })
}
