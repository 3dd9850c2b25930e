import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { createExpiringCache } from '../../platform/expiring-cache.ts'
import { createSingleFlight } from '../../platform/single-flight.ts'
import type { Asker } from '../asker.ts'
import { askJudged } from '../graphql-rows.ts'

const MAX_AGE_MS = 600_000
const MAX_TYPES = 300
const MAX_FIELDS = 2_000
const TYPE_NAME = /^[_A-Za-z][_0-9A-Za-z]{0,199}$/
const ROOTS = ''

/** What a field of GraphQL leads to. */
export interface FieldType {
  /** Name of the type, without list and "not null". */
  readonly type: string
  readonly isList: boolean
  /** Has fields of its own. */
  readonly isComposite: boolean
}

export type FieldTypes = ReadonlyMap<string, FieldType>

/** Nautobot's GraphQL schema, read type by type as it is needed and kept for ten minutes. The same for all users. */
export interface GraphqlTypes {
  roots(asker: Asker): Promise<FieldTypes>
  /** Undefined when there is no such type; empty for a union. */
  fields(type: string, asker: Asker): Promise<FieldTypes | undefined>
  /** Reads everything anew: it has changed. */
  forget(): void
}

interface TypeRef {
  readonly kind: string
  readonly name?: string | null | undefined
  readonly ofType?: TypeRef | null | undefined
}

const typeRef: z.ZodType<TypeRef> = z.object({
  kind: z.string(),
  name: z.string().nullish(),
  get ofType() {
    return typeRef.nullish()
  }
})

const typeSchema = z
  .object({
    fields: z
      .array(z.object({ name: z.string(), type: typeRef }))
      .max(MAX_FIELDS)
      .nullish()
  })
  .nullish()

const REF = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }'
const FIELDS = `{ fields { name type { ${REF} } } }`

function questionFor(type: string): string {
  // No name of its own: Nautobot's query type is called as Nautobot likes.
  if (type === ROOTS) return `{ schema: __schema { type: queryType ${FIELDS} } }`
  return `{ type: __type(name: "${type}") ${FIELDS} }`
}

function toFieldType(ref: TypeRef): FieldType {
  const inner = ref.ofType ? toFieldType(ref.ofType) : undefined
  if (inner) return { ...inner, isList: inner.isList || ref.kind === 'LIST' }
  const isComposite = ['OBJECT', 'INTERFACE', 'UNION'].includes(ref.kind)
  return { type: ref.name ?? '', isList: false, isComposite }
}

function toFieldTypes(answer: Readonly<Record<string, unknown>>): FieldTypes | undefined {
  const holder = (answer.schema ?? answer) as { type?: unknown }
  const parsed = typeSchema.safeParse(holder.type)
  if (!parsed.success)
    throw new AppError(
      'NAUTOBOT_UNAVAILABLE',
      'Nautobot describes its GraphQL in an unknown way.',
      {
        cause: parsed.error
      }
    )
  if (!parsed.data) return undefined
  return new Map((parsed.data.fields ?? []).map(({ name, type }) => [name, toFieldType(type)]))
}

export function createGraphqlTypes(now: () => number = Date.now): GraphqlTypes {
  const create = () => createExpiringCache<FieldTypes>({ maxEntries: MAX_TYPES, now })
  const flights = createSingleFlight<FieldTypes | undefined>()
  let known = create()

  async function read(type: string, asker: Asker): Promise<FieldTypes | undefined> {
    const held = known.get(type)
    if (held) return held
    const cache = known
    // Per user: whose token is refused must not fail the others.
    return flights.run(`${type} ${asker.userId}`, asker.context.signal, async (signal) => {
      const fresh = toFieldTypes(await askJudged(asker.until(signal), questionFor(type)))
      if (fresh) cache.set(type, fresh, now() + MAX_AGE_MS)
      return fresh
    })
  }

  return {
    roots: async (asker) => (await read(ROOTS, asker)) ?? new Map(),
    fields: async (type, asker) => (TYPE_NAME.test(type) ? read(type, asker) : undefined),
    forget() {
      known = create()
    }
  }
}
