import { expect, inject } from 'vitest'
import type { SeenRequest } from '../../support/recording-proxy.ts'
import type {} from './provided.ts'

/** Whose token it is, as Nautobot says. */
export interface TokenOwner {
  readonly username: string
  /** Made by an exchange, for the assistant alone. */
  readonly exchanged: boolean
  readonly write_enabled: boolean
}

/** What the service account reads and does: configuration and identities, and nothing of the network. */
const SERVICE_PATHS =
  /^(GET \/api\/plugins\/ai-ops\/(llm-models|mcp-servers|system-prompts|jwks)\/(\?.*)?|GET \/api\/extras\/graphql-queries\/\?limit=100|POST \/api\/plugins\/ai-ops\/(token-exchange|(llm-models|mcp-servers)\/[0-9a-f-]{36}\/resolve-credential)\/)$/
/** Reading, of which GraphQL is a POST. */
const READS = /^(GET \/api\/|POST \/api\/graphql\/)/

export const serviceHeader = () => `Token ${inject('nautobot').users.service.token}`

/** The owners of all tokens that were sent, while the tokens are still good. */
export async function ownersOf(requests: readonly SeenRequest[]): Promise<Map<string, TokenOwner>> {
  const { url } = inject('nautobot')
  const owners = new Map<string, TokenOwner>()
  for (const authorization of new Set(requests.map((seen) => seen.authorization ?? 'none'))) {
    const answer = await fetch(`${url}/api/plugins/ai-ops/whoami/`, { headers: { authorization } })
    owners.set(authorization, await answer.json())
  }
  return owners
}

export interface Asking {
  /** By the header that each asker came with. */
  readonly askers: ReadonlyMap<string, string>
  readonly owners: ReadonlyMap<string, TokenOwner>
  /** Who a request was sent for. */
  readonly askerOf: (request: SeenRequest) => string | undefined
}

/**
 * Holds every request to this: the service account asks for what is its own; what a caller came with asks whose it is;
 * everything else carries a read-only token that was made for the one who asks. Answers how many of the last there were.
 */
export function checkWhoAsked(requests: readonly SeenRequest[], asking: Asking): number {
  const { askers, owners, askerOf } = asking
  let reads = 0
  for (const request of requests) {
    const { method, path, authorization = 'none' } = request
    const line = `${method} ${path}`
    const own = askers.get(authorization)
    if (authorization === serviceHeader()) expect(line).toMatch(SERVICE_PATHS)
    else if (own) expect([line, own]).toEqual(['GET /api/plugins/ai-ops/whoami/', askerOf(request)])
    else {
      const username = askerOf(request)
      const owner = { username, exchanged: true, write_enabled: false }
      expect([line, owners.get(authorization)]).toEqual([line, expect.objectContaining(owner)])
      expect(line).toMatch(READS)
      reads += 1
    }
  }
  return reads
}
