import type { UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import type { Chosen, ConversationChoice } from '../conversations/conversation-choice.ts'
import { AppError } from '../errors.ts'

const MAINTENANCE = 'Maintenance'

type Configured = Pick<LlmModel, 'id' | 'name' | 'enabled' | 'status'> & {
  readonly source: LlmModel['source'] | McpServer['source']
}

/** What a question asked for. */
export interface Choosing {
  /** Name or id; null: the default one, from now on; undefined: as the conversation has it. */
  readonly model: string | null | undefined
  /** Names or ids; null: those of the model, from now on; undefined: as the conversation has it. */
  readonly mcpServers: readonly string[] | null | undefined
  /** What was chosen in the conversation before. */
  readonly kept?: ConversationChoice | undefined
}

/** What a run uses, what of the choice the conversation keeps, and what of it could not be had, as sentences. */
export interface TurnChoice {
  readonly model: LlmModel
  readonly servers: readonly McpServer[]
  readonly choice: ConversationChoice
  readonly gaps: readonly string[]
}

/** Models that a user may choose now. Environment and lab models belong to everybody who may chat. */
export function modelsFor(catalog: Catalog, { llmModelIds }: UserToken): LlmModel[] {
  return catalog.llmModels.filter((model) => isInUse(model) && isTheirs(model, llmModelIds))
}

/** MCP servers that a user may ask now. Those of the environment belong to everybody who may chat. */
export function serversFor(catalog: Catalog, { mcpServerIds }: UserToken): McpServer[] {
  return serversInUse(catalog).filter((server) => isTheirs(server, mcpServerIds))
}

/** MCP servers that somebody may ask now. */
export function serversInUse({ mcpServers }: Catalog): McpServer[] {
  return mcpServers.filter(isInUse)
}

/** Those of them that a conversation with the model begins with. */
export function defaultServers({ mcpServerIds }: LlmModel, usable: readonly McpServer[]) {
  return mcpServerIds.length === 0 ? usable : usable.filter(({ id }) => mcpServerIds.includes(id))
}

/**
 * The request's word comes first, then the conversation's, then the default: of the model for the servers. None of them
 * gives anybody more than their rights do.
 * Throws MODEL_NOT_CONFIGURED, UNKNOWN_MODEL, MODEL_NOT_PERMITTED, UNKNOWN_TOOL_SERVER.
 */
export function chooseForTurn(
  { model: modelWish, mcpServers: serverWishes, kept = {} }: Choosing,
  catalog: Catalog,
  userToken: UserToken
): TurnChoice {
  const { model, ...ofModel } = chooseModel(modelWish, kept.model, { catalog, userToken })
  const wishes = serverWishes === undefined ? kept.mcpServers : (serverWishes ?? undefined)
  const { servers, ...ofServers } =
    wishes === undefined
      ? serversOfModel(model, { catalog, userToken })
      : chooseServers(wishes, { catalog, userToken })
  return {
    model,
    servers,
    choice: { model: ofModel.kept, mcpServers: ofServers.kept },
    gaps: [...ofModel.gaps, ...ofServers.gaps]
  }
}

interface Offered {
  readonly catalog: Catalog
  readonly userToken: UserToken
}

const NO_GAPS: readonly string[] = []

function chooseModel(wish: Choosing['model'], kept: Chosen | undefined, offered: Offered) {
  if (typeof wish === 'string') {
    const model = namedModel(wish, offered)
    return { model, kept: chosen(model), gaps: NO_GAPS }
  }
  const model = defaultModel(offered)
  if (wish === null || !kept) return { model, kept: undefined, gaps: NO_GAPS }
  const { catalog, userToken } = offered
  const found = findKept(kept, catalog.llmModels, userToken.llmModelIds)
  if ('item' in found) return { model: found.item, kept, gaps: NO_GAPS }
  const gap = `The LLM model ${kept.name} could not be asked: ${found.reason} ${model.name} was asked instead.`
  return { model, kept: found.isGone ? undefined : kept, gaps: [gap] }
}

function defaultModel({ catalog, userToken }: Offered): LlmModel {
  const usable = modelsFor(catalog, userToken)
  const model = usable.find(({ isDefault }) => isDefault) ?? usable[0]
  if (model) return model
  if (catalog.llmModels.some(({ enabled }) => enabled)) {
    throw new AppError('MODEL_NOT_PERMITTED', 'You may not chat with any of the LLM models.')
  }
  throw new AppError('MODEL_NOT_CONFIGURED', 'There is no enabled LLM model yet.')
}

function namedModel(wish: string, { catalog, userToken }: Offered): LlmModel {
  const usable = modelsFor(catalog, userToken)
  const model = named(wish, usable)
  if (model) return model
  const exists = named(wish, catalog.llmModels)
  if (exists && isInUse(exists)) {
    throw new AppError(
      'MODEL_NOT_PERMITTED',
      `You may not chat with the LLM model "${exists.name}".`
    )
  }
  throw new AppError('UNKNOWN_MODEL', `There is no LLM model "${wish}" to choose.`, {
    details: { available: usable.map(({ name }) => name) }
  })
}

/** Those that are out of use are named, as far as the user may use them at all. */
function serversOfModel({ mcpServerIds }: LlmModel, { catalog, userToken }: Offered) {
  const usable = serversFor(catalog, userToken)
  if (mcpServerIds.length === 0) return { servers: usable, kept: undefined, gaps: NO_GAPS }
  const theirs = catalog.mcpServers.filter(
    (server) => mcpServerIds.includes(server.id) && isTheirs(server, userToken.mcpServerIds)
  )
  return {
    servers: theirs.filter(isInUse),
    kept: undefined,
    gaps: theirs.flatMap((server) => {
      const reason = outOfUse(server)
      return reason === undefined ? [] : [serverGap(server.name, reason)]
    })
  }
}

/** Each once, whatever it was called. */
function chooseServers(wishes: readonly (string | Chosen)[], offered: Offered) {
  const { catalog, userToken } = offered
  const refs = wishes.map((wish) =>
    typeof wish === 'string' ? chosen(namedServer(wish, offered)) : wish
  )
  const distinct = [...new Map(refs.map((ref) => [ref.id, ref])).values()]
  const found = distinct.map((ref) => ({
    ref,
    ...findKept(ref, catalog.mcpServers, userToken.mcpServerIds)
  }))
  return {
    servers: found.flatMap((each) => ('item' in each ? [each.item] : [])),
    kept: found.flatMap((each) => ('isGone' in each && each.isGone ? [] : [each.ref])),
    gaps: found.flatMap((each) => ('item' in each ? [] : [serverGap(each.ref.name, each.reason)]))
  }
}

/** One that the user may not use is answered like one that there is not. */
function namedServer(wish: string, { catalog, userToken }: Offered): McpServer {
  const theirs = catalog.mcpServers.filter((server) => isTheirs(server, userToken.mcpServerIds))
  const server = named(wish, theirs.filter(isInUse)) ?? named(wish, theirs)
  if (server) return server
  throw new AppError('UNKNOWN_TOOL_SERVER', `There is no MCP server "${wish}" to choose.`, {
    details: { available: theirs.filter(isInUse).map(({ name }) => name) }
  })
}

type Found<T> = { readonly item: T } | { readonly reason: string; readonly isGone: boolean }

/** What was chosen once, as far as it may still be used. */
function findKept<T extends Configured>(
  { id }: Chosen,
  all: readonly T[],
  permitted: ReadonlySet<string>
): Found<T> {
  const item = all.find((each) => each.id === id)
  if (!item) return { reason: 'it is not there any more.', isGone: true }
  if (!isTheirs(item, permitted)) return { reason: 'you may not use it any more.', isGone: true }
  const reason = outOfUse(item)
  return reason === undefined ? { item } : { reason, isGone: false }
}

const serverGap = (name: string, reason: string) => `${name} could not be asked: ${reason}`

function outOfUse({ enabled, status }: Configured): string | undefined {
  if (!enabled) return 'it is disabled.'
  return status === MAINTENANCE ? 'it is in maintenance.' : undefined
}

const isInUse = (item: Configured) => outOfUse(item) === undefined

const isTheirs = ({ id, source }: Configured, permitted: ReadonlySet<string>) =>
  source !== 'nautobot' || permitted.has(id)

const named = <T extends Chosen>(wish: string, items: readonly T[]) =>
  items.find(({ id, name }) => id === wish || name === wish)

const chosen = ({ id, name }: Chosen): Chosen => ({ id, name })
