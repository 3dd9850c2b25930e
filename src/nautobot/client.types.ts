import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'

/** Query values as Nautobot reads them; an array repeats the name. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>

export interface NautobotCall extends CallContext {
  /** Whose rights. There is no default: no identity, no answer. */
  readonly token: Secret
  readonly timeoutMs?: number
}

/** What GraphQL could not answer, although it answered the rest. */
export interface GraphqlProblem {
  /** Names and places of rows, joined by dots; empty when it concerns the whole query. */
  readonly path: string
  readonly message: string
}

/** An answer of which a part may be missing: what `problems` name is null in `data`. */
export interface GraphqlAnswer {
  readonly data: Readonly<Record<string, unknown>>
  readonly problems: readonly GraphqlProblem[]
}

/**
 * The only way to Nautobot. Throws AppError: NAUTOBOT_UNAVAILABLE (no answer, 5xx, time-out), INVALID_REQUEST with
 * `details.fields` (400; Nautobot's own field names), UNAUTHENTICATED (token missing, wrong, expired), FORBIDDEN (403),
 * OBJECT_NOT_FOUND (404), CONFLICT (409), NOT_IN_SAMPLE (501). `cause` carries Nautobot's body for the log.
 */
export interface NautobotClient {
  /** Nautobot's address for people's browsers, without a trailing slash; proof links start with it. */
  readonly publicUrl: string
  /** `path` starts with `/api/` and ends with `/`. Retried once on a connection reset. */
  get(path: string, query: Query, call: NautobotCall): Promise<unknown>
  /** Never retried. `undefined` for 204. */
  send(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body: unknown,
    call: NautobotCall
  ): Promise<unknown>
  /** Answers `data`; a resolver error (200 with `errors`) throws INVALID_REQUEST with the messages. */
  graphql(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    call: NautobotCall
  ): Promise<Readonly<Record<string, unknown>>>
  /** As `graphql`, but what did answer is not lost: throws only when there is no data at all. */
  graphqlPartly(query: string, call: NautobotCall): Promise<GraphqlAnswer>
}

/** The client as its owner has it. */
export interface OwnedNautobotClient extends NautobotClient {
  /** Hangs up on what nobody waits for any more. */
  close(): void
}
