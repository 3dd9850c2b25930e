import type { LlmModel } from '../catalog/catalog.ts'
import type { Secret } from '../platform/secret.ts'

/** Where a provider's chat completions are, and how it wants to be shown a key. */
export interface ProviderEndpoint {
  /** `/chat/completions` follows. */
  readonly baseUrl: string
  readonly query: Readonly<Record<string, string>>
  credentialHeaders(secret: Secret): Readonly<Record<string, string>>
  /** For a provider with words of its own: takes chat completions, sends with `send` what it understands. */
  readonly translate?: (send: typeof fetch) => typeof fetch
}

/** `address` is the one that the model's credential is for. */
export type DescribeProvider = (model: LlmModel, address: string) => ProviderEndpoint
