import { defaultServers, modelsFor, serversFor } from '../agent/turn-choice.ts'
import type { Caller, UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import type { Environment } from '../config-schema.ts'
import type { ModelProbes } from '../llm/model-probes.ts'
import type { ProbeOutcome } from '../llm/probe-records.ts'
import type { CallContext } from '../platform/call-context.ts'
import { toProbeBody } from './probe-body.ts'

export interface ChatOptionsSource {
  readonly version: string
  readonly environment: Environment
  readonly currentCatalog: () => Promise<Catalog>
  /** Its `llmModelIds` and `mcpServerIds` say what the caller may use. */
  readonly userToken: (caller: Caller, context: CallContext) => Promise<UserToken>
  /** What came of probing these models, by id. */
  readonly lastProbes: ModelProbes['last']
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
  const models = modelsFor(catalog, userToken)
  const servers = serversFor(catalog, userToken)
  const probes = await source.lastProbes(models)
  return {
    version,
    environment,
    identity: { username: caller.username },
    models: models.map((model) => ({
      ...toOption(model, probes.get(model.id)),
      ...defaultsOf(model, servers)
    })),
    mcpServers: servers.map(({ id, name, status }) => ({ id, name, status }))
  }
}

function defaultsOf(model: LlmModel, servers: readonly McpServer[]) {
  if (model.mcpServerIds.length === 0) return {}
  return { mcpServers: defaultServers(model, servers).map(({ id }) => id) }
}

function toOption(
  { id, name, provider, isDefault, source, status }: LlmModel,
  probe: ProbeOutcome | undefined
) {
  const isLab = source === 'lab'
  const common = { id, name, provider, isDefault, isLab, status }
  return { ...common, ...(probe && { probe: toProbeBody(probe) }) }
}
