import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { NautobotCall, NautobotClient } from '../nautobot/client.types.ts'
import { pageResource } from '../nautobot/resources.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import { WHOLE_OBJECTS } from '../nautobot/shim-api.ts'
import type { Secret } from '../platform/secret.ts'
import type { Catalog, LlmModel, McpServer } from './catalog.ts'
import { type CatalogList, llmModels, mcpServers, systemPrompts } from './catalog-lists.ts'
import { deepFreeze, revisionOf } from './catalog-revision.ts'

const PAGE_SIZE = 50
const MAX_OBJECTS_PER_LIST = 500

/** An object, a part of one, or a tail of objects, that the catalog does without. */
export interface LeftOut {
  readonly list: string
  /** Its name or id, as far as it has one. */
  readonly object: string
  readonly problem: string
}

export interface CatalogLoaderOptions {
  readonly client: NautobotClient
  readonly serviceToken: Secret
  /** Ends with the service; aborts a load under way. */
  readonly signal: AbortSignal
  /** Models that are not described in Nautobot; they stand behind Nautobot's own, and are default only without one. */
  readonly extraModels?: readonly LlmModel[]
  readonly extraMcpServers?: readonly McpServer[]
  /** A bad object breaks nothing else, but somebody has to be told. */
  readonly onLeftOut: (leftOut: LeftOut) => void
  readonly now?: () => number
}

function readPage(answer: unknown) {
  const { data, error } = pageResource.safeParse(answer)
  if (data) return data
  throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's list has a shape we do not know.", {
    cause: error
  })
}

/** Every object of a list, page by page, up to the bound. */
async function readAll(client: NautobotClient, path: string, call: NautobotCall) {
  const objects: unknown[] = []
  for (let offset = 0; offset < MAX_OBJECTS_PER_LIST; offset += PAGE_SIZE) {
    const query = { limit: PAGE_SIZE, offset, ...WHOLE_OBJECTS }
    const { count, results } = readPage(await client.get(path, query, call))
    objects.push(...results)
    if (results.length === 0 || objects.length >= count) return { objects, beyond: 0 }
    if (objects.length >= MAX_OBJECTS_PER_LIST) return { objects, beyond: count - objects.length }
  }
  return { objects, beyond: 0 }
}

function nameOf(object: unknown): string {
  const { name, id } = Object(object) as { name?: unknown; id?: unknown }
  return String(name ?? id ?? 'without a name').slice(0, 100)
}

function problemOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

const byName = (a: { name: string; id: string }, b: { name: string; id: string }) =>
  a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1

/** At most one default, and Nautobot's word before the environment's. */
function withExtraModels(models: readonly LlmModel[], extra: readonly LlmModel[]): LlmModel[] {
  const all = [...models, ...extra]
  const first = all.findIndex((model) => model.isDefault)
  return all.map((model, place) => ({ ...model, isDefault: place === first }))
}

/**
 * Reads the configuration objects as the service account: the only place that knows Nautobot's names for them.
 *
 * The loader throws NAUTOBOT_UNAVAILABLE or NAUTOBOT_REFUSED when a list cannot be read; it never
 * answers half a catalog.
 */
export function createCatalogLoader(options: CatalogLoaderOptions): () => Promise<Catalog> {
  const { client, serviceToken, signal, onLeftOut, now = Date.now } = options
  const { extraModels = [], extraMcpServers = [] } = options

  async function load<Resource, T extends { id: string; name: string }>(
    { path, schema, read, notices }: CatalogList<Resource, T>,
    call: NautobotCall
  ): Promise<T[]> {
    const list = path.split('/').at(-2) ?? path
    const { objects, beyond } = await readAll(client, path, call)
    if (beyond > 0)
      onLeftOut({
        list,
        object: `${beyond} more`,
        problem: `only ${MAX_OBJECTS_PER_LIST} objects of a list are read`
      })
    const parsed = objects.flatMap((object) => {
      const { data, error } = schema.safeParse(object)
      if (error) onLeftOut({ list, object: nameOf(object), problem: problemOf(error) })
      if (!data) return []
      for (const problem of notices?.(data) ?? []) {
        onLeftOut({ list, object: nameOf(object), problem })
      }
      return [read(data)]
    })
    return parsed.sort(byName)
  }

  return async () => {
    const call = { token: serviceToken, signal, correlationId: `catalog-${randomUUID()}` }
    const lists = Promise.all([
      load(llmModels, call),
      load(mcpServers, call),
      load(systemPrompts, call)
    ])
    const [models, servers, prompts] = await lists.catch((error: unknown) => {
      throw refusedToService(error)
    })
    const content = {
      llmModels: withExtraModels(models, extraModels),
      mcpServers: [...servers, ...extraMcpServers],
      systemPrompts: prompts
    }
    return deepFreeze({ revision: revisionOf(content), loadedAt: now(), ...content })
  }
}
