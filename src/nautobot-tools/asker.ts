import { AppError } from '../errors.ts'
import type { NautobotCall, NautobotClient, Query } from '../nautobot/client.types.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'

/** Nautobot as one user sees it, for one tool call. */
export interface Asker {
  readonly userId: string
  readonly publicUrl: string
  readonly context: CallContext
  get(path: string, query: Query): Promise<unknown>
  graphql(query: string): Promise<Readonly<Record<string, unknown>>>
  /** The same user, for work that others wait for too. */
  until(signal: AbortSignal): Asker
}

export interface Identity {
  readonly userId: string
  /** A read-only token of the user that is good now. */
  readonly userToken: (context: CallContext) => Promise<Secret>
  /** Nautobot refused this token although it should be good: its session or its rights have ended. */
  readonly forgetToken: (token: Secret) => void
}

/** Asks with the user's token; a token that Nautobot refuses is replaced once. */
export function createAsker(
  nautobot: NautobotClient,
  identity: Identity,
  context: CallContext
): Asker {
  async function asUser<T>(work: (call: NautobotCall) => Promise<T>): Promise<T> {
    const token = await identity.userToken(context)
    try {
      return await work({ ...context, token })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAUTHENTICATED') throw error
      identity.forgetToken(token)
      return await work({ ...context, token: await identity.userToken(context) })
    }
  }

  return {
    userId: identity.userId,
    publicUrl: nautobot.publicUrl,
    context,
    get: (path, query) => asUser((call) => nautobot.get(path, query, call)),
    graphql: (query) => asUser((call) => nautobot.graphql(query, {}, call)),
    until: (signal) => createAsker(nautobot, identity, { ...context, signal })
  }
}
