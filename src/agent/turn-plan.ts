import type { Caller, UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'

const MAINTENANCE = 'Maintenance'

/** What a question asked for, by name or id. */
export interface Wishes {
  readonly caller: Caller
  readonly model: string | undefined
  readonly mcpServers: readonly string[] | undefined
}

/** One revision of the catalog, and what of it this run uses. Fixed from start to end. */
export interface TurnPlan {
  readonly caller: Caller
  readonly userToken: UserToken
  readonly catalog: Catalog
  readonly model: LlmModel
  readonly servers: readonly McpServer[]
}

/** Models that a user may choose now. Environment and lab models belong to everybody who may chat. */
export function modelsFor(catalog: Catalog, { llmModelIds }: UserToken): LlmModel[] {
  return catalog.llmModels.filter(
    ({ id, enabled, status, source }) =>
      enabled && status !== MAINTENANCE && (source !== 'nautobot' || llmModelIds.has(id))
  )
}

/** MCP servers that can be asked now. */
export function serversOf(catalog: Catalog): McpServer[] {
  return catalog.mcpServers.filter(({ enabled, status }) => enabled && status !== MAINTENANCE)
}

/**
 * Chooses the model and the servers of a run. Throws MODEL_NOT_CONFIGURED, UNKNOWN_MODEL,
 * MODEL_NOT_PERMITTED, UNKNOWN_TOOL_SERVER.
 */
export function planTurn(wishes: Wishes, catalog: Catalog, userToken: UserToken): TurnPlan {
  const { caller, model, mcpServers } = wishes
  return {
    caller,
    userToken,
    catalog,
    model:
      model === undefined
        ? defaultModel(catalog, userToken)
        : namedModel(model, catalog, userToken),
    servers: mcpServers === undefined ? serversOf(catalog) : namedServers(mcpServers, catalog)
  }
}

function defaultModel(catalog: Catalog, userToken: UserToken): LlmModel {
  const usable = modelsFor(catalog, userToken)
  const chosen = usable.find(({ isDefault }) => isDefault) ?? usable[0]
  if (chosen) return chosen
  if (catalog.llmModels.some(({ enabled }) => enabled)) {
    throw new AppError('MODEL_NOT_PERMITTED', 'You may not chat with any of the LLM models.')
  }
  throw new AppError('MODEL_NOT_CONFIGURED', 'There is no enabled LLM model yet.')
}

function namedModel(wish: string, catalog: Catalog, userToken: UserToken): LlmModel {
  const usable = modelsFor(catalog, userToken)
  const chosen = usable.find(({ id, name }) => id === wish || name === wish)
  if (chosen) return chosen
  const exists = catalog.llmModels.find(({ id, name }) => id === wish || name === wish)
  if (exists?.enabled && exists.status !== MAINTENANCE) {
    throw new AppError(
      'MODEL_NOT_PERMITTED',
      `You may not chat with the LLM model "${exists.name}".`
    )
  }
  throw new AppError('UNKNOWN_MODEL', `There is no LLM model "${wish}" to choose.`, {
    details: { available: usable.map(({ name }) => name) }
  })
}

/** Each once, whatever it was called. */
function namedServers(wishes: readonly string[], catalog: Catalog): McpServer[] {
  return [...new Set(wishes.map((wish) => namedServer(wish, catalog)))]
}

function namedServer(wish: string, catalog: Catalog): McpServer {
  const usable = serversOf(catalog)
  const chosen = usable.find(({ id, name }) => id === wish || name === wish)
  if (chosen) return chosen
  throw new AppError('UNKNOWN_TOOL_SERVER', `There is no MCP server "${wish}" to choose.`, {
    details: { available: usable.map(({ name }) => name) }
  })
}
