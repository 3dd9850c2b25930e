import { modelsFor, serversOf } from '../agent/turn-plan.ts'
import type { Caller, UserToken } from '../auth/caller.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Environment } from '../config-schema.ts'
import type { CallContext } from '../platform/call-context.ts'

export interface ChatOptionsSource {
  readonly version: string
  readonly environment: Environment
  readonly currentCatalog: () => Promise<Catalog>
  /** Its `llmModelIds` say which models the caller may use. */
  readonly userToken: (caller: Caller, context: CallContext) => Promise<UserToken>
}

/** What the chat's pickers offer, and what its version check compares. */
export async function readChatOptions(
  source: ChatOptionsSource,
  caller: Caller,
  context: CallContext
) {
  const { version, environment } = source
  const [catalog, userToken] = await Promise.all([
    source.currentCatalog(),
    source.userToken(caller, context)
  ])
  return {
    version,
    environment,
    identity: { username: caller.username },
    models: modelsFor(catalog, userToken).map(
      ({ id, name, provider, isDefault, source, status }) => ({
        id,
        name,
        provider,
        isDefault,
        isLab: source === 'lab',
        status
      })
    ),
    mcpServers: serversOf(catalog).map(({ id, name, status }) => ({ id, name, status }))
  }
}
