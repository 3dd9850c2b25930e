import { AppError } from '../errors.ts'
import type { NautobotCall, NautobotClient, Query } from '../nautobot/client.types.ts'
import { pageResource } from '../nautobot/resources.ts'
import { WHOLE_OBJECTS } from '../nautobot/shim-api.ts'
import { type CatalogKind, pathOf } from './catalog-kinds.ts'
import { type CatalogView, inOurWords, toView } from './catalog-translation.ts'

/** Which objects to list; names and statuses exactly as in Nautobot. */
export interface CatalogFilter {
  readonly name?: string | undefined
  readonly status?: string | undefined
  readonly enabled?: boolean | undefined
  readonly limit: number
  readonly offset: number
}

export interface CatalogPage {
  /** All that match, not only those on this page. */
  readonly count: number
  readonly items: CatalogView[]
}

/** Reads configuration objects with the rights of whoever's token the call carries. Throws as the client does. */
export interface CatalogReader {
  list(kind: CatalogKind, filter: CatalogFilter, call: NautobotCall): Promise<CatalogPage>
  read(kind: CatalogKind, id: string, call: NautobotCall): Promise<CatalogView>
}

function toQuery(filter: CatalogFilter): Query {
  const given = Object.entries({ ...filter, ...WHOLE_OBJECTS }).filter(
    ([, value]) => value !== undefined
  )
  return Object.fromEntries(given) as Query
}

export function createCatalogReader(client: NautobotClient): CatalogReader {
  const view = (kind: CatalogKind, object: unknown) => toView(kind, object, client.publicUrl)

  async function ask(kind: CatalogKind, path: string, query: Query, call: NautobotCall) {
    try {
      return await client.get(path, query, call)
    } catch (error) {
      throw inOurWords(kind, error)
    }
  }

  return {
    async list(kind, filter, call) {
      const answer = await ask(kind, pathOf(kind), toQuery(filter), call)
      const { data } = pageResource.safeParse(answer)
      if (!data)
        throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's list has a shape we do not know.")
      return { count: data.count, items: data.results.map((object) => view(kind, object)) }
    },

    async read(kind, id, call) {
      const path = `${pathOf(kind)}${encodeURIComponent(id)}/`
      return view(kind, await ask(kind, path, WHOLE_OBJECTS, call))
    }
  }
}
