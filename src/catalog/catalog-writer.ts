import { AppError } from '../errors.ts'
import type { NautobotCall, NautobotClient } from '../nautobot/client.types.ts'
import { type CatalogKind, pathOf } from './catalog-kinds.ts'
import type { CatalogReader } from './catalog-reader.ts'
import { type CatalogView, inOurWords, toNautobot, toView } from './catalog-translation.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * Writes configuration objects with the rights of whoever's token the call carries; Nautobot checks,
 * attributes and logs the change as that user's. Throws as the client does, with fields in our words.
 */
export interface CatalogWriter {
  create(kind: CatalogKind, body: Body, call: NautobotCall): Promise<CatalogView>
  /** Changes the given fields and no others. */
  update(kind: CatalogKind, id: string, body: Body, call: NautobotCall): Promise<CatalogView>
  remove(kind: CatalogKind, id: string, call: NautobotCall): Promise<void>
}

export interface CatalogWriterOptions {
  readonly client: NautobotClient
  readonly reader: CatalogReader
  /** Called after each write that may have happened, also one whose answer was lost. */
  readonly onChanged: () => void
}

/** Refused, so certainly not written. */
const REFUSED = new Set<AppError['code']>([
  'INVALID_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'OBJECT_NOT_FOUND',
  'CONFLICT'
])

export function createCatalogWriter(options: CatalogWriterOptions): CatalogWriter {
  const { client, reader, onChanged } = options

  async function write(kind: CatalogKind, send: () => Promise<unknown>): Promise<unknown> {
    try {
      const answer = await send()
      onChanged()
      return answer
    } catch (error) {
      if (!(error instanceof AppError && REFUSED.has(error.code))) onChanged()
      throw inOurWords(kind, error)
    }
  }

  /** Nautobot answers writes at depth 0, without names of related objects; who may not view sees that answer. */
  async function complete(kind: CatalogKind, answer: unknown, call: NautobotCall) {
    const view = toView(kind, answer, client.publicUrl)
    return reader.read(kind, String(view.id), call).catch(() => view)
  }

  const objectPath = (kind: CatalogKind, id: string) => `${pathOf(kind)}${encodeURIComponent(id)}/`

  return {
    async create(kind, body, call) {
      const data = toNautobot(kind, body)
      const answer = await write(kind, () => client.send('POST', pathOf(kind), data, call))
      return complete(kind, answer, call)
    },

    async update(kind, id, body, call) {
      const data = toNautobot(kind, body)
      const path = objectPath(kind, id)
      const answer = await write(kind, () => client.send('PATCH', path, data, call))
      return complete(kind, answer, call)
    },

    async remove(kind, id, call) {
      await write(kind, () => client.send('DELETE', objectPath(kind, id), undefined, call))
    }
  }
}
