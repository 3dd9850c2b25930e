import { AppError } from '../../errors.ts'
import { nearest } from '../../platform/nearest.ts'
import type { Asker } from '../asker.ts'
import type { NautobotModel, UserModels } from '../nautobot-model.ts'
import { ToolRefusal } from '../tool-failure.ts'
import type { SelectedField } from './expansion.ts'
import type { FieldType, FieldTypes, GraphqlTypes } from './graphql-types.ts'
import { printProbe } from './print.ts'

/** A selected field of which Nautobot has told what it is. */
export interface TypedField {
  readonly selected: SelectedField
  readonly type: FieldType
  /** `devices.interfaces`, by the names of the answer. */
  readonly path: string
  /** What it leads to; undefined for plain values, and for types that are no model. */
  readonly model: NautobotModel | undefined
  readonly children: readonly TypedField[]
}

/** Where types and models come from. */
export interface Schema extends UserModels {
  readonly asker: Asker
  readonly types: GraphqlTypes
}

const TEXT: FieldType = { type: 'String', isList: false, isComposite: false }

/**
 * Lets Nautobot judge a name that its schema lacks: the embedded sample tells "wrong" from "not in the sample". A query
 * with such a name is refused before it is run.
 */
async function refuseName(
  field: SelectedField,
  above: readonly TypedField[],
  fields: FieldTypes,
  { asker, types }: Schema
): Promise<never> {
  const path = [...above.map(({ selected }) => selected), field]
  try {
    await asker.graphql(printProbe(path, above[0]?.type.isList ?? true))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') throw error
    const place = above.length === 0 ? 'the root of a query' : `"${above.at(-1)?.path}"`
    throw new ToolRefusal(
      `There is no field "${field.name}" in ${place}.`,
      nearest(field.name, fields.keys())
    )
  }
  types.forget()
  throw new ToolRefusal("Nautobot's schema has just changed. Ask again.")
}

async function modelsByType({ asker, models, types }: Schema): Promise<Map<string, NautobotModel>> {
  const roots = await types.roots(asker)
  return new Map(
    models.flatMap((model) => {
      const root = model.graphqlRoot === undefined ? undefined : roots.get(model.graphqlRoot)
      return root ? [[root.type, model] as const] : []
    })
  )
}

/** The fields of a query with their types. Throws {@link ToolRefusal} for an unknown one, with the nearest names. */
export async function typeFields(
  roots: readonly SelectedField[],
  schema: Schema
): Promise<TypedField[]> {
  const { asker, types } = schema
  const models = await modelsByType(schema)
  const own = await types.roots(asker)

  async function fieldsOf(type: string): Promise<FieldTypes> {
    const fields = await types.fields(type, asker)
    if (fields) return fields
    const known = new Set([...own.values()].map((root) => root.type))
    throw new ToolRefusal(`There is no type "${type}" in Nautobot's GraphQL.`, nearest(type, known))
  }

  async function typeOf(
    selected: SelectedField,
    usual: FieldTypes,
    above: readonly TypedField[]
  ): Promise<FieldType> {
    if (selected.name === '__typename') return TEXT
    const condition = above.length > 0 ? selected.on.at(-1) : undefined
    const fields = condition ? await fieldsOf(condition) : usual
    return fields.get(selected.name) ?? refuseName(selected, above, fields, schema)
  }

  async function typeField(
    selected: SelectedField,
    usual: FieldTypes,
    above: readonly TypedField[]
  ): Promise<TypedField> {
    const type = await typeOf(selected, usual, above)
    const prefix = above.at(-1)
    const path = prefix ? `${prefix.path}.${selected.key}` : selected.key
    const model = type.isComposite ? models.get(type.type) : undefined
    const field = { selected, type, path, model, children: [] }
    const children = await typeAll(selected.children, type, [...above, field])
    return { ...field, children }
  }

  async function typeAll(
    selected: readonly SelectedField[],
    { type, isComposite }: FieldType,
    above: readonly TypedField[]
  ): Promise<TypedField[]> {
    if (!isComposite || selected.length === 0) return []
    const fields = await fieldsOf(type)
    return Promise.all(selected.map((child) => typeField(child, fields, above)))
  }

  return Promise.all(roots.map((root) => typeField(root, own, [])))
}
