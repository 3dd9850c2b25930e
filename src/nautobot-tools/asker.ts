import { AppError } from '../errors.ts'
import type {
  GraphqlAnswer,
  NautobotCall,
  NautobotClient,
  Query
} from '../nautobot/client.types.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import { createRunMemory, type RunMemory } from './run-memory.ts'

/** Nautobot as one user sees it, for one tool call. */
export interface Asker {
  readonly userId: string
  readonly publicUrl: string
  readonly context: CallContext
  get(path: string, query: Query): Promise<unknown>
  graphql(query: string): Promise<Readonly<Record<string, unknown>>>
  /** As `graphql`, but a part that Nautobot could not answer leaves the rest. */
  graphqlPartly(query: string): Promise<GraphqlAnswer>
  /** The same user, for work that others wait for too. What it reads is kept by them, and not in this memory. */
  until(signal: AbortSignal): Asker
}

export interface Identity {
  readonly userId: string
  /** A read-only token of the user that is good now. */
  readonly userToken: (context: CallContext) => Promise<Secret>
  /** Nautobot refused this token although it should be good: its session or its rights have ended. */
  readonly forgetToken: (token: Secret) => void
}

/**
 * Asks with the user's token; a token that Nautobot refuses is replaced once. What `memory` has is not asked again: it
 * belongs to the same user.
 */
export function createAsker(
  nautobot: NautobotClient,
  identity: Identity,
  context: CallContext,
  memory: RunMemory = createRunMemory()
): Asker {
  async function asUser<T>(
    signal: AbortSignal,
    work: (call: NautobotCall) => Promise<T>
  ): Promise<T> {
    const shared = { ...context, signal }
    const token = await identity.userToken(shared)
    try {
      return await work({ ...shared, token })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAUTHENTICATED') throw error
      identity.forgetToken(token)
      return await work({ ...shared, token: await identity.userToken(shared) })
    }
  }

  function read<T>(
    key: readonly unknown[],
    work: (call: NautobotCall) => Promise<T>,
    isWhole: (answer: T) => boolean = () => true
  ): Promise<T> {
    const asShared = (signal: AbortSignal) => asUser(signal, work)
    return memory.read(JSON.stringify(key), context.signal, { work: asShared, isWhole })
  }

  return {
    userId: identity.userId,
    publicUrl: nautobot.publicUrl,
    context,
    get: (path, query) => read(['get', path, query], (call) => nautobot.get(path, query, call)),
    graphql: (query) => read(['graphql', query], (call) => nautobot.graphql(query, {}, call)),
    graphqlPartly: (query) =>
      read(
        ['partly', query],
        (call) => nautobot.graphqlPartly(query, call),
        ({ problems }) => problems.length === 0
      ),
    until: (signal) => createAsker(nautobot, identity, { ...context, signal })
  }
}
