import { z } from 'zod'
import { AppError } from '../errors.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { type AllowedValues, readAllowedValues } from './allowed-values.ts'
import type { Asker } from './asker.ts'
import { createGraphqlTypes, type GraphqlTypes } from './graphql/graphql-types.ts'
import { createKnowledgeShelf } from './knowledge-shelf.ts'
import type {
  FilterDescription,
  ModelDescription,
  NautobotModel,
  UserModels
} from './nautobot-model.ts'
import type { Describe } from './selection.ts'

const MAX_AGE_MS = 600_000
/** What a user may see can change without a word from Nautobot, as by joining a group. */
const MAX_RIGHTS_AGE_MS = 60_000
/** How the filters begin that our app adds to Nautobot's lists. */
const OWN_FILTER = 'nautobot_ai_ops_'
const MAX_USERS = 500
const MAX_DESCRIPTIONS = 500
const MAX_MODELS = 2_000
const MAX_VALUE_LISTS = 500

/**
 * What Nautobot knows about its models, kept for ten minutes or until it changes; what of it depends on rights, for one
 * minute and for its user alone. One for the process.
 */
export interface ModelDirectory {
  models(asker: Asker): Promise<UserModels>
  describe(objectType: string, asker: Asker): Promise<ModelDescription>
  readonly graphql: GraphqlTypes
  /** By field, as the user may see them. */
  allowedValues(objectType: string, asker: Asker): Promise<ReadonlyMap<string, AllowedValues>>
  /** Reads everything anew: models, fields, filters or rights have changed. */
  forget(): void
  /** Rights may have changed in Nautobot: what users may see is asked for again. */
  forgetUsers(): void
}

const modelsSchema = z.object({
  /** Another one when the fields or filters of some model are others. */
  revision: z.string().optional(),
  models: z
    .array(
      z.object({
        object_type: z.string(),
        name: z.string(),
        plural: z.string(),
        page: z.string().nullish(),
        api: z.string().nullish(),
        graphql: z.union([z.boolean(), z.string()]).nullish(),
        mac: z.boolean().default(false),
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

function toUserModels(answer: unknown): UserModels & { readonly revision: string | undefined } {
  const { models, revision } = parse(modelsSchema, answer)
  const viewable = models.filter(({ view }) => view).map(({ object_type }) => object_type)
  return {
    revision,
    viewable: new Set(viewable),
    models: models.map(({ object_type, name, plural, page, api, graphql, mac }) => ({
      objectType: object_type,
      name,
      plural,
      page: page ?? undefined,
      api: api ?? undefined,
      graphqlRoot: typeof graphql === 'string' ? graphql : graphql ? rootName(plural) : undefined,
      hasMac: mac
    }))
  }
}

/** A filter of our app's own stands in for Nautobot's filter of that name. */
function withOwnFilters(filters: Readonly<Record<string, FilterDescription>>) {
  const all = new Map(Object.entries(filters))
  for (const [name, filter] of Object.entries(filters)) {
    if (!name.startsWith(OWN_FILTER)) continue
    all.delete(name)
    all.set(name.slice(OWN_FILTER.length), { ...filter, sentAs: name })
  }
  return all
}

function toDescription(answer: unknown): ModelDescription {
  const { fields, filters } = parse(descriptionSchema, answer)
  return { fields: new Map(Object.entries(fields)), filters: withOwnFilters(filters) }
}

export interface ModelDirectoryOptions {
  readonly maxUsers?: number
  readonly maxDescriptions?: number
  readonly now?: () => number
}

/** All that is kept of one state of Nautobot. */
function createShelves(options: ModelDirectoryOptions) {
  const { maxDescriptions: maxEntries = MAX_DESCRIPTIONS, now = Date.now } = options
  return {
    ...createUserShelves(options),
    descriptions: createKnowledgeShelf<ModelDescription>({ maxEntries, maxAgeMs: MAX_AGE_MS, now })
  }
}

/** What of it depends on the rights of a user. */
function createUserShelves({ maxUsers = MAX_USERS, now = Date.now }: ModelDirectoryOptions) {
  const common = { maxAgeMs: MAX_RIGHTS_AGE_MS, now }
  return {
    users: createKnowledgeShelf<ReadonlySet<string>>({ maxEntries: maxUsers, ...common }),
    values: createKnowledgeShelf<ReadonlyMap<string, AllowedValues>>({
      maxEntries: MAX_VALUE_LISTS,
      ...common
    })
  }
}

export function createModelDirectory(options: ModelDirectoryOptions = {}): ModelDirectory {
  let shelves = createShelves(options)
  /** The same for everybody, so that a thousand users do not hold it a thousand times. */
  let shared: readonly NautobotModel[] = []
  let revision: string | undefined

  /** Other fields and filters than at the last reading: Nautobot, an app or a custom field has changed. */
  function notice(current: string | undefined): void {
    if (revision !== undefined && revision !== current) directory.forget()
    revision = current
  }

  const directory: ModelDirectory = {
    graphql: createGraphqlTypes(options.now),
    async models(asker) {
      const viewable = await shelves.users.read(asker.userId, asker, async (user) => {
        const fresh = toUserModels(await user.get(`${SHIM_API}/models/`, {}))
        notice(fresh.revision)
        shared = fresh.models
        return fresh.viewable
      })
      return { models: shared, viewable }
    },
    describe(objectType, asker) {
      return shelves.descriptions.read(objectType, asker, async (user) =>
        toDescription(await user.get(`${SHIM_API}/models/${objectType}/`, {}))
      )
    },
    allowedValues(objectType, asker) {
      // What exists may be hidden from one user and shown to another.
      const key = `${objectType} ${asker.userId}`
      return shelves.values.read(key, asker, async (user) => {
        const userModels = await directory.models(user)
        const description = await directory.describe(objectType, user)
        return readAllowedValues(objectType, description, {
          describe: (related) => directory.describe(related, user),
          ...userModels,
          asker: user
        })
      })
    },
    forget() {
      shelves = createShelves(options)
      directory.graphql.forget()
    },
    forgetUsers() {
      shelves = { ...shelves, ...createUserShelves(options) }
    }
  }
  return directory
}

/** A path may lead to a model that Nautobot tells nothing about, such as its users. */
export function describesFor(asker: Asker, directory: ModelDirectory): Describe {
  return (objectType) =>
    directory.describe(objectType, asker).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'OBJECT_NOT_FOUND') throw error
      return undefined
    })
}
