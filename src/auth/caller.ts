import type { Secret } from '../platform/secret.ts'

/** Rights in this service, from the shim's permissions. */
export const SCOPES = ['chat', 'operate', 'erase'] as const
export type Scope = (typeof SCOPES)[number]

/** A right that a caller must have: a scope; or `jobs`, which is `operate` or a token for one job. */
export type Right = Scope | 'jobs'

/** What a route demands. A token for one job opens what asks for `jobs`, and nothing else. */
export type Access = 'public' | Right

/** How the caller proved who they are; exchanged for a read-only Nautobot token before any tool runs. */
export type Credential =
  | { readonly kind: 'session-token'; readonly token: Secret }
  | { readonly kind: 'api-token'; readonly token: Secret }
  /** Of a run that goes on without its caller: worthless without the service account's token. */
  | { readonly kind: 'grant'; readonly token: Secret }
  /** Made by a Nautobot Job, to start the one job of this name; cannot be exchanged. */
  | { readonly kind: 'job-token'; readonly job: string }

/** The authenticated user or service behind a request. */
export interface Caller {
  /** Nautobot's user id. */
  readonly id: string
  readonly username: string
  readonly scopes: ReadonlySet<Scope>
  readonly credential: Credential
}

/**
 * Read-only Nautobot token of one user, made by exchange. Ten minutes at most; never stored outside
 * this process.
 */
export interface UserToken {
  readonly userId: string
  readonly username: string
  readonly token: Secret
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Renews the token in a long run; worthless without the service account's token. */
  readonly grant: Secret
  /** Milliseconds since the epoch. */
  readonly grantExpiresAt: number
  /** LLM models that the user's `chat` permission covers. */
  readonly llmModelIds: ReadonlySet<string>
  /** MCP servers that it covers; for everything else they do not exist. */
  readonly mcpServerIds: ReadonlySet<string>
}
