import type { McpServer } from '../catalog/catalog.ts'
import type { Secret } from '../platform/secret.ts'

/** Whose question it is, for servers that are shown who asks. */
export interface AskingUser {
  readonly id: string
  /** Worthless without the service account's token. */
  readonly grant: Secret
}

/** A server as one user asks it: with their own connection, tools and circuit breaker where it takes their identity. */
export interface AskedServer extends McpServer {
  readonly user?: AskingUser
}

/** The servers of a run; only those that take the identity of users learn of its user. */
export function askedBy(servers: readonly McpServer[], user: AskingUser): AskedServer[] {
  return servers.map((server) => (server.identity === 'user' ? { ...server, user } : server))
}
