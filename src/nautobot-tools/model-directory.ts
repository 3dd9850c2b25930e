import { z } from 'zod'
import { AppError } from '../errors.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { createExpiringCache } from '../platform/expiring-cache.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import { type AllowedValues, readAllowedValues } from './allowed-values.ts'
import type { Asker } from './asker.ts'
import { createGraphqlTypes, type GraphqlTypes } from './graphql/graphql-types.ts'

const MAX_AGE_MS = 600_000
const MAX_USERS = 500
const MAX_DESCRIPTIONS = 500
const MAX_MODELS = 2_000
const MAX_VALUE_LISTS = 500

export interface NautobotModel {
  /** `dcim.device`. */
  readonly objectType: string
  /** `device`. */
  readonly name: string
  /** `devices`. */
  readonly plural: string
  /** Path of the list in Nautobot's pages; undefined when there is none. */
  readonly page: string | undefined
  /** Path of the list in the REST API; undefined when Nautobot does not tell. */
  readonly api?: string | undefined
  /** Name of the root list; undefined when GraphQL does not have the model. */
  readonly graphqlRoot: string | undefined
}

/** The models as one user has them. */
export interface UserModels {
  readonly models: readonly NautobotModel[]
  /** Object types of which the user may view at least some. */
  readonly viewable: ReadonlySet<string>
}

export interface FieldDescription {
  /** Class name in Nautobot's serializer: `ChoiceField`. */
  readonly type: string
  readonly required: boolean
  readonly related?: string | undefined
  readonly choices?: readonly string[] | undefined
}

export interface FilterDescription {
  /** Class name in Nautobot's filter set: `TreeNodeMultipleChoiceFilter`. */
  readonly type: string
  readonly related?: string | undefined
  readonly lookups?: readonly string[] | undefined
}

export interface ModelDescription {
  readonly fields: ReadonlyMap<string, FieldDescription>
  readonly filters: ReadonlyMap<string, FilterDescription>
}

/** What Nautobot knows about its models, kept for ten minutes. One for the process. */
export interface ModelDirectory {
  models(asker: Asker): Promise<UserModels>
  describe(objectType: string, asker: Asker): Promise<ModelDescription>
  readonly graphql: GraphqlTypes
  /** By field, as the user may see them. */
  allowedValues(objectType: string, asker: Asker): Promise<ReadonlyMap<string, AllowedValues>>
}

const modelsSchema = z.object({
  models: z
    .array(
      z.object({
        object_type: z.string(),
        name: z.string(),
        plural: z.string(),
        page: z.string().nullish(),
        api: z.string().nullish(),
        graphql: z.union([z.boolean(), z.string()]).nullish(),
        view: z.boolean()
      })
    )
    .max(MAX_MODELS)
})

const descriptionSchema = z.object({
  fields: z.record(
    z.string(),
    z.object({
      type: z.string(),
      required: z.boolean().default(false),
      related: z.string().optional(),
      choices: z.array(z.string()).optional()
    })
  ),
  filters: z.record(
    z.string(),
    z.object({
      type: z.string(),
      related: z.string().optional(),
      lookups: z.array(z.string()).optional()
    })
  )
})

function parse<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot describes its models in an unknown way.', {
    cause: parsed.error
  })
}

/** Nautobot names a root list after the plural of the model: `ip_addresses`. */
const rootName = (plural: string) => plural.toLowerCase().replace(/[^a-z0-9]+/g, '_')

function toUserModels(answer: unknown): UserModels {
  const { models } = parse(modelsSchema, answer)
  const viewable = models.filter(({ view }) => view).map(({ object_type }) => object_type)
  return {
    viewable: new Set(viewable),
    models: models.map(({ object_type, name, plural, page, api, graphql }) => ({
      objectType: object_type,
      name,
      plural,
      page: page ?? undefined,
      api: api ?? undefined,
      graphqlRoot: typeof graphql === 'string' ? graphql : graphql ? rootName(plural) : undefined
    }))
  }
}

function toDescription(answer: unknown): ModelDescription {
  const { fields, filters } = parse(descriptionSchema, answer)
  return { fields: new Map(Object.entries(fields)), filters: new Map(Object.entries(filters)) }
}

type Values = ReadonlyMap<string, AllowedValues>

export interface ModelDirectoryOptions {
  readonly maxUsers?: number
  readonly maxDescriptions?: number
  readonly now?: () => number
}

export function createModelDirectory(options: ModelDirectoryOptions = {}): ModelDirectory {
  const { maxUsers = MAX_USERS, maxDescriptions = MAX_DESCRIPTIONS, now = Date.now } = options
  const users = createExpiringCache<ReadonlySet<string>>({ maxEntries: maxUsers, now })
  const descriptions = createExpiringCache<ModelDescription>({ maxEntries: maxDescriptions, now })
  const modelFlights = createSingleFlight<UserModels>()
  const descriptionFlights = createSingleFlight<ModelDescription>()
  const values = createExpiringCache<Values>({ maxEntries: MAX_VALUE_LISTS, now })
  const valueFlights = createSingleFlight<Values>()
  /** The same for everybody, so that a thousand users do not hold it a thousand times. */
  let shared: readonly NautobotModel[] = []

  const directory: ModelDirectory = {
    graphql: createGraphqlTypes(now),
    async models(asker) {
      const viewable = users.get(asker.userId)
      if (viewable) return { models: shared, viewable }
      return modelFlights.run(asker.userId, asker.context.signal, async (signal) => {
        const fresh = toUserModels(await asker.until(signal).get(`${SHIM_API}/models/`, {}))
        shared = fresh.models
        users.set(asker.userId, fresh.viewable, now() + MAX_AGE_MS)
        return fresh
      })
    },
    async describe(objectType, asker) {
      const known = descriptions.get(objectType)
      if (known) return known
      // Per user: who may not view the model must not fail the others.
      const key = `${objectType} ${asker.userId}`
      return descriptionFlights.run(key, asker.context.signal, async (signal) => {
        const fresh = toDescription(
          await asker.until(signal).get(`${SHIM_API}/models/${objectType}/`, {})
        )
        descriptions.set(objectType, fresh, now() + MAX_AGE_MS)
        return fresh
      })
    },
    async allowedValues(objectType, asker) {
      // What exists may be hidden from one user and shown to another.
      const key = `${objectType} ${asker.userId}`
      const known = values.get(key)
      if (known) return known
      return valueFlights.run(key, asker.context.signal, async (signal) => {
        const user = asker.until(signal)
        const userModels = await directory.models(user)
        const description = await directory.describe(objectType, user)
        const fresh = await readAllowedValues(objectType, description, {
          describe: (related) => directory.describe(related, user),
          ...userModels,
          asker: user
        })
        values.set(key, fresh, now() + MAX_AGE_MS)
        return fresh
      })
    }
  }
  return directory
}
