import names from './nautobot-names.json' with { type: 'json' }

interface KnownModel {
  readonly filters: ReadonlyMap<string, readonly string[]>
  readonly fields: ReadonlySet<string>
}

/** A model of Nautobot that the sample leaves out. */
export interface OtherModel {
  readonly objectType: string
  readonly api: string
  readonly page: string | null
  readonly name: string
  readonly plural: string
  readonly graphql: boolean
}

const words = (line: string) => line.split(' ').filter(Boolean)
const models = new Map<string, KnownModel>()
const queries = new Set(words(names.queries))

/** The models of Nautobot that the sample leaves out. */
export const OTHER_MODELS: readonly OtherModel[] = names.otherModels.map((line) => {
  const [objectType = '', api = '', page = '', name = '', plural = '', graphql] = line.split('|')
  return { objectType, api, page: page || null, name, plural, graphql: graphql === 'graphql' }
})

function knownModel(objectType: string): KnownModel | undefined {
  const known = models.get(objectType)
  if (known || !Object.hasOwn(names.models, objectType)) return known
  const written = names.models[objectType as keyof typeof names.models]
  // By lookups, as `n ic nic`: filters that all take the same.
  const filters = Object.entries<string>(written.filters).flatMap(([lookups, line]) =>
    words(line).map((name) => [name, words(lookups)] as const)
  )
  const fresh = { filters: new Map(filters), fields: new Set(words(written.fields)) }
  models.set(objectType, fresh)
  return fresh
}

/** Whether Nautobot's list of a model takes a filter; undefined for models of apps, which are not written down. */
export function hasFilter(objectType: string, name: string): boolean | undefined {
  const known = knownModel(objectType)
  if (!known) return undefined
  if (known.filters.has(name)) return true
  const [base = '', lookup = ''] = name.split('__')
  return lookup !== '' && (known.filters.get(base)?.includes(lookup) ?? false)
}

/** Whether a model's GraphQL type has a field. */
export function hasField(objectType: string, name: string): boolean {
  return knownModel(objectType)?.fields.has(name) ?? false
}

/** Whether GraphQL has a root query. */
export function hasQuery(name: string): boolean {
  return queries.has(name)
}

/** Whether Nautobot has a model, by object type, that the sample leaves out. */
export function isOtherModel(objectType: string): boolean {
  return OTHER_MODELS.some((model) => model.objectType === objectType)
}

/** Whether a path is one of Nautobot's lists, in the API or in the pages, or below one, that the sample leaves out. */
export function isOtherPath(path: string): boolean {
  return OTHER_MODELS.some(
    ({ api, page }) => path.startsWith(api) || (page !== null && path.startsWith(page))
  )
}
