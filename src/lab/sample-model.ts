/** `<app>.<model>` in lower case, as Nautobot names object types. */
export type ObjectType = string

/** How a field is stored and shown. References hold ids. */
export type SampleField =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'time' | 'date' | 'json' }
  /** REST shows `{value, label}` when `labels` is given and the bare value otherwise; GraphQL an enum. */
  | {
      readonly kind: 'choice'
      readonly enumName: string
      readonly values: readonly string[]
      readonly labels?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'one'; readonly model: ObjectType }
  | { readonly kind: 'many'; readonly model: ObjectType }
  /** The other end of a reference; GraphQL alone shows it, but for a few. */
  | {
      readonly kind: 'reverse'
      readonly model: ObjectType
      readonly by: string
      readonly inRest?: true
    }
  /** The only one of several; GraphQL alone shows it. */
  | { readonly kind: 'only'; readonly model: ObjectType; readonly of: string }
  /** An object type: `dcim.device` in REST, `{app_label, model}` in GraphQL. */
  | { readonly kind: 'content-type' | 'content-types' }
  | { readonly kind: 'custom' }

type PathFilterKind =
  | 'text'
  | 'number'
  | 'time'
  | 'id'
  | 'boolean'
  | 'present'
  | 'content-type'
  | 'address'
  | 'single-number'
type PathFilter = {
  [Kind in PathFilterKind]: {
    readonly kind: Kind
    readonly path: string
    /** Texts without a lookup are compared without regard to case. */
    readonly ignoreCase?: boolean
  }
}[PathFilterKind]

/**
 * One filter of a list. `path` leads from the object over references to the compared values, with dots. Several values
 * are alternatives, except for `all` (tags). Lookups (`name__ic`) come with the kind.
 */
export type SampleFilter =
  | PathFilter
  | { readonly kind: 'choice'; readonly path: string; readonly values: readonly string[] }
  /** By name or id; `tree` includes the descendants, `all` wants every value. */
  | {
      readonly kind: 'related'
      readonly path: string
      readonly model: ObjectType
      readonly key: string
      readonly tree?: boolean
      readonly all?: boolean
    }
  | { readonly kind: 'custom'; readonly key: string }
  | { readonly kind: 'search'; readonly paths: readonly string[] }
  /** Networks inside one of the given ones (`inclusive`: or equal), addresses inside one of the given networks. */
  | { readonly kind: 'network'; readonly path: string; readonly inclusive: boolean }

export interface SampleModel {
  readonly objectType: ObjectType
  readonly name: string
  readonly plural: string
  /** Path of the list below `/api`, with both slashes; the page has the same path without `/api`. */
  readonly path: string
  /** GraphQL's root list and single object. */
  readonly graphql: { readonly list: string; readonly single: string; readonly type: string }
  readonly fields: Readonly<Record<string, SampleField>>
  readonly filters: Readonly<Record<string, SampleFilter>>
  /** Paths whose values sort the list; a leading `-` reverses. */
  readonly ordering: readonly string[]
  /** Columns of the HTML list. */
  readonly columns: readonly string[]
}

export const text = { kind: 'text' } as const satisfies SampleField
export const number = { kind: 'number' } as const satisfies SampleField
export const boolean = { kind: 'boolean' } as const satisfies SampleField
export const time = { kind: 'time' } as const satisfies SampleField
export const one = (model: ObjectType) => ({ kind: 'one', model }) as const
export const many = (model: ObjectType) => ({ kind: 'many', model }) as const
export const reverse = (model: ObjectType, by: string) => ({ kind: 'reverse', model, by }) as const

/** Compares values of a path, or of the field with the filter's own name. */
export const byText = (path: string) => ({ kind: 'text', path }) as const
export const byNumber = (path: string) => ({ kind: 'number', path }) as const
export const byBoolean = (path: string) => ({ kind: 'boolean', path }) as const
export const byPresence = (path: string) => ({ kind: 'present', path }) as const
export const bySearch = (...paths: string[]) => ({ kind: 'search', paths }) as const
export const byRelated = (path: string, model: ObjectType, key = 'name') =>
  ({ kind: 'related', path, model, key }) as const
export const byTree = (path: string, model = 'dcim.location') =>
  ({ kind: 'related', path, model, key: 'name', tree: true }) as const

const COMMON_FIELDS: Readonly<Record<string, SampleField>> = { created: time, last_updated: time }
const COMMON_FILTERS: Readonly<Record<string, SampleFilter>> = {
  id: { kind: 'id', path: 'id' },
  created: { kind: 'time', path: 'created' },
  last_updated: { kind: 'time', path: 'last_updated' }
}
const TAGS: SampleFilter = {
  kind: 'related',
  path: 'tags',
  model: 'extras.tag',
  key: 'name',
  all: true
}

interface Written {
  readonly name: string
  readonly plural: string
  readonly path: string
  /** Only where it is not Nautobot's rule: names in lower case with underscores, type = name + `Type`. */
  readonly graphqlType: string
  readonly fields: Readonly<Record<string, SampleField>>
  readonly filters: Readonly<Record<string, SampleFilter>>
  readonly ordering?: readonly string[]
  readonly columns?: readonly string[]
  readonly tagged?: boolean
  readonly timed?: boolean
}

/** Completes a written model with what all models of Nautobot have. */
export function defineModel(objectType: ObjectType, written: Written): SampleModel {
  const { name, plural, path, graphqlType, tagged = true, timed = true } = written
  const underscored = (words: string) => words.toLowerCase().replaceAll(' ', '_')
  return {
    objectType,
    name,
    plural,
    path,
    graphql: { list: underscored(plural), single: underscored(name), type: graphqlType },
    fields: {
      ...written.fields,
      ...(timed && COMMON_FIELDS),
      ...(tagged && { tags: many('extras.tag') })
    },
    filters: {
      ...(timed ? COMMON_FILTERS : { id: { kind: 'id', path: 'id' } }),
      ...(tagged && { tags: TAGS }),
      ...written.filters
    },
    ordering: written.ordering ?? ['name'],
    columns: written.columns ?? ['name', 'description']
  }
}
