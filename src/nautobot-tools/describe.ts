import { nearest } from '../platform/nearest.ts'
import type { AllowedValues } from './allowed-values.ts'
import type { Asker } from './asker.ts'
import { findModel, findModels } from './find-model.ts'
import type { ModelDirectory } from './model-directory.ts'
import {
  fieldKind,
  fieldWords,
  filterKind,
  filterWords,
  suffixLegend,
  suffixWords
} from './model-words.ts'
import type { ModelDescription, NautobotModel, UserModels } from './nautobot-model.ts'
import { listLink } from './proof-links.ts'
import { ToolRefusal } from './tool-failure.ts'
import type { DescribeInput } from './tool-input.ts'
import { success } from './tool-output.ts'

const MAX_TEXT_CHARACTERS = 12_000
/** Of one field, and of each of all. */
const MAX_VALUES = 100
const MAX_VALUES_EACH = 20

type Json = Readonly<Record<string, unknown>>
type Values = ReadonlyMap<string, AllowedValues>

/** As many parts as fit, the first ones first; the others are named. */
function fitting(parts: Json) {
  let characters = 0
  const kept = Object.entries(parts).filter(([, part]) => {
    const size = JSON.stringify(part).length
    if (characters + size > MAX_TEXT_CHARACTERS) return false
    characters += size
    return true
  })
  const missing = Object.keys(parts).filter((name) => kept.every(([key]) => key !== name))
  const gaps = missing.map((name) => `"${name}" is left out: too long. Ask with name for one.`)
  return { kept: Object.fromEntries(kept), gaps }
}

function listModels(models: readonly NautobotModel[], unseen: readonly string[]) {
  const byApp: Record<string, string[]> = {}
  for (const { objectType, plural } of models) {
    const [app = '', model = ''] = objectType.split('.')
    const isPlain = plural.toLowerCase().replaceAll(' ', '') === `${model}s`
    byApp[app] = [...(byApp[app] ?? []), isPlain ? model : `${model} (${plural})`]
  }
  const parts = Object.entries(byApp).map(([app, names]) => [app, names.join(', ')])
  const { kept, gaps } = fitting(Object.fromEntries(parts))
  return success(
    {
      models: kept,
      note: 'A model is written app.model.',
      ...(gaps.length + unseen.length > 0 && { gaps: [...gaps, ...unseen] })
    },
    { rows: models.length, count: models.length, links: [], gaps }
  )
}

function listViewable(all: readonly NautobotModel[], viewable: UserModels['viewable']) {
  const models = all.filter(({ objectType }) => viewable.has(objectType))
  const hidden = all.length - models.length
  const unseen = `${hidden} models are left out: you may view none of their objects.`
  return listModels(models, hidden > 0 ? [unseen] : [])
}

function valueWords({ values, more, hidden }: AllowedValues, max: number): unknown {
  if (hidden) return '(hidden: your rights do not show them)'
  return more || values.length > max ? [...values.slice(0, max), '… and more'] : values
}

function allValues(all: Values): Json {
  const [hidden, shown] = [true, false].map((wanted) => {
    return [...all].filter(([, allowed]) => allowed.hidden === wanted)
  })
  const lists = (shown ?? [])
    .filter(([, { values }]) => values.length > 0)
    .map(([field, allowed]) => [field, valueWords(allowed, MAX_VALUES_EACH)])
  const fields = (hidden ?? []).map(([field]) => field).join(' ')
  return {
    values: Object.fromEntries(lists),
    ...(fields && { 'values that your rights do not show': fields })
  }
}

/** One field or filter; `name__ic` is of `name`. */
function describeName(name: string, { fields, filters }: ModelDescription, values: Values): Json {
  const base = fields.has(name) || filters.has(name) ? name : name.replace(/__[a-z]+$/, '')
  const [field, filter, allowed] = [fields.get(base), filters.get(base), values.get(base)]
  if (!field && !filter)
    throw new ToolRefusal(
      `There is no field or filter "${name}" here.`,
      nearest(base, [...fields.keys(), ...filters.keys()])
    )
  const suffixes = (filter?.lookups ?? []).map((suffix) => [
    `__${suffix}`,
    suffixWords(suffix) ?? ''
  ])
  return {
    name: base,
    ...(field && { field: { kind: fieldKind(field), required: field.required } }),
    ...(filter && {
      filter: {
        takes: filterKind(filter),
        of: filter.related,
        suffixes: Object.fromEntries(suffixes)
      }
    }),
    ...(allowed && { values: valueWords(allowed, MAX_VALUES) })
  }
}

async function describeModel(
  model: NautobotModel,
  { name }: DescribeInput,
  { asker, directory, viewable }: { asker: Asker; directory: ModelDirectory } & UserModels
) {
  const { objectType, plural } = model
  const description = await directory.describe(objectType, asker)
  const values = await directory.allowedValues(objectType, asker)
  const parts: Json =
    name === undefined
      ? {
          fields: fieldWords(description),
          filters: filterWords(description),
          suffixes: suffixLegend(description),
          ...allValues(values)
        }
      : describeName(name, description, values)
  const { kept, gaps } = fitting(parts)
  const unseen = viewable.has(objectType) ? [] : [`Your rights do not show any ${plural}.`]
  const all = [...unseen, ...gaps]
  return success(
    { model: objectType, ...kept, ...(all.length > 0 && { gaps: all }) },
    { count: 1, links: listLink(asker.publicUrl, model, [], undefined), gaps: all }
  )
}

/** Undefined for a word that no model is called by, but some have in their names. Throws {@link ToolRefusal}. */
function modelCalled(word: string, models: readonly NautobotModel[]): NautobotModel | undefined {
  try {
    return findModel(models, word)
  } catch (error) {
    if (findModels(models, word).length === 0) throw error
    return undefined
  }
}

/** Which models there are, or what one can be asked for; warm, no request to Nautobot. */
export async function describe(input: DescribeInput, asker: Asker, directory: ModelDirectory) {
  const { models, viewable } = await directory.models(asker)
  const { model: word, name } = input
  if (word === undefined && name === undefined) return listViewable(models, viewable)
  if (word === undefined) throw new ToolRefusal('Name the model of the field or filter as well.')
  const model = name === undefined ? modelCalled(word, models) : findModel(models, word)
  if (model) return describeModel(model, input, { asker, directory, models, viewable })
  const found = findModels(models, word)
  const types = found.map(({ objectType }) => objectType).filter((type) => !viewable.has(type))
  return listModels(found, types.length > 0 ? [`You may view no ${types.join(', no ')}.`] : [])
}
