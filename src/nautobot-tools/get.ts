import { AppError } from '../errors.ts'
import { unanswered } from '../nautobot/refusal.ts'
import type { Asker } from './asker.ts'
import { askCount } from './counting.ts'
import { explain } from './explain.ts'
import { toQuery } from './filter.ts'
import { type Filters, readFilters } from './filters.ts'
import { findModel } from './find-model.ts'
import { readIdentifier } from './identifier.ts'
import { describesFor, type ModelDirectory } from './model-directory.ts'
import {
  checkTargets,
  type Naming,
  notFound,
  orHidden,
  type Place,
  placeOfUrl,
  targetsFor
} from './naming.ts'
import { type ObjectAnswer, readObject, readOnlyObject } from './object-reading.ts'
import {
  type Found,
  filtersFor,
  MAX_CANDIDATES,
  searchObjects,
  type Target
} from './object-search.ts'
import { type ObjectWords, toWords } from './object-words.ts'
import { objectLink } from './proof-links.ts'
import { relatedLinks, relatedWords } from './related-lists.ts'
import { quoted, ToolRefusal } from './tool-failure.ts'
import type { GetInput } from './tool-input.ts'
import { success } from './tool-output.ts'

/** What is said by the objects beyond the next: the device of an address' interface, the place of a circuit's end. */
const DEEPER = new Set(['circuits.circuit', 'dcim.interface', 'ipam.ipaddress'])
const MAX_LINKS = 15
/** Linked last: they say what a thing is, not what it is connected to. */
const CLASSES = new Set(['extras.role', 'extras.status', 'extras.tag'])

interface Question extends Naming {
  readonly input: GetInput
  readonly nowMs: number
}

function narrowing({ input, asked, nowMs }: Question, targets: readonly Target[]): Filters {
  const given = Object.keys(input.filters).length > 0
  const [target] = targets
  if (given && !asked) throw new ToolRefusal('Filters are of one model: name it.')
  return target && given ? readFilters(input.filters, target.description, nowMs) : readNothing
}
const readNothing: Filters = { filters: [], unknown: [] }

async function search(question: Question, targets: readonly Target[]): Promise<Found[]> {
  const { asker, directory, identifier, written, models } = question
  checkTargets(identifier, targets)
  const { filters, unknown } = narrowing(question, targets)
  const judge = async () => {
    const [target] = targets
    if (!target || filters.length === 0) return
    const around = { asker, models, filters, ...target }
    await askCount(asker, target.model.objectType, toQuery(filters)).catch(async (error) => {
      throw await explain(error, around)
    })
  }
  // A filter that the description lacks: the count refuses it, or knows better.
  if (unknown.length > 0) await judge()
  const describe = describesFor(asker, directory)
  const options = { asker, identifier, written, targets, filters, describe }
  return searchObjects(options).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === 'INVALID_REQUEST') await judge()
    // Any text may be a name, and some are no address.
    throw identifier.kind === 'name' ? unanswered(error) : error
  })
}

function ambiguous({ written }: Question, found: readonly Found[]): ToolRefusal {
  const shown = found.slice(0, MAX_CANDIDATES)
  const number = found.length > MAX_CANDIDATES ? `more than ${MAX_CANDIDATES}` : found.length
  return new ToolRefusal(
    `${quoted([written])} may mean ${number} objects. Ask for one by its model and id, or with filters.`,
    [],
    {
      candidates: shown.map(({ model, id, label, facts }) => {
        return { model: model.objectType, id, object: label, ...facts }
      })
    }
  )
}

interface Located {
  readonly place: Place
  readonly answer: ObjectAnswer
}

async function locate(question: Question): Promise<Located> {
  const { identifier, asked, asker } = question
  const readAt = async (place: Place) => ({ place, answer: await read(place, asker) })
  if (identifier.kind === 'url') return readAt(placeOfUrl(identifier.path, question))
  if (identifier.kind === 'id') {
    if (asked) return readAt({ model: asked, id: identifier.id })
    throw new ToolRefusal('An id does not tell what it is of: name the model as well.')
  }
  const targets = await targetsFor(question)
  const alone = await readAlone(question, targets)
  if (alone) return alone
  const found = await search(question, targets)
  const [only] = found
  if (!only) throw await notFound(question, targets)
  if (found.length > 1) throw ambiguous(question, found)
  return readAt(only)
}

const depthFor = (objectType: string) => (DEEPER.has(objectType) ? 2 : 1)

/** Most names mean one object: it is found and read in one request. */
async function readAlone(
  { identifier, input, asker }: Question,
  targets: readonly Target[]
): Promise<Located | undefined> {
  if (Object.keys(input.filters).length > 0) return undefined
  const lists = targets.flatMap((target) => {
    const { objectType } = target.model
    const depth = depthFor(objectType)
    return filtersFor(identifier, target).map((filter) => ({ objectType, filter, depth }))
  })
  const only = await readOnlyObject(asker, lists)
  const model = targets.find((target) => target.model.objectType === only?.objectType)?.model
  return only && model && { place: { model, id: only.id }, answer: only.answer }
}

/** A single object with all it is related to, also where GraphQL does not have the model. */
async function read({ model, id }: Place, asker: Asker): Promise<ObjectAnswer> {
  const depth = depthFor(model.objectType)
  return readObject(asker, model.objectType, { id, depth }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'OBJECT_NOT_FOUND') throw error
    const message = `There is no ${model.name} with the id "${id}", ${orHidden}.`
    throw new ToolRefusal(message, [], { code: 'OBJECT_NOT_FOUND' })
  })
}

interface Shown extends Located {
  readonly words: ObjectWords
}

function linksOf({ place, answer, words }: Shown, { models, asker }: Question) {
  const { publicUrl } = asker
  const { model, id } = place
  const own = objectLink(publicUrl, model, id, `${model.name} ${words.label}`)
  const lists = relatedLinks(answer, { publicUrl, models, label: words.label })
  const sorted = words.related.toSorted((left, right) => {
    return Number(CLASSES.has(left.objectType)) - Number(CLASSES.has(right.objectType))
  })
  const others = sorted.flatMap(({ objectType, id: otherId, label }) => {
    const other = models.find((one) => one.objectType === objectType)
    return other ? objectLink(publicUrl, other, otherId, `${other.name} ${label}`) : []
  })
  return [...own, ...lists, ...others].slice(0, MAX_LINKS)
}

/** One object with what it is related to; warm, one request to Nautobot. */
export async function get(input: GetInput, asker: Asker, directory: ModelDirectory, nowMs: number) {
  const { models, viewable } = await directory.models(asker)
  const identifier = readIdentifier(input.object, asker.publicUrl)
  const asked = input.model === undefined ? undefined : findModel(models, input.model)
  const written = input.object.trim()
  const naming = { identifier, written, asked, models, viewable, asker, directory }
  const question = { ...naming, input, nowMs }
  const { place, answer } = await locate(question)
  const words = toWords(answer.object)
  const { label, fields, relationships, notSet, gaps } = words
  return success(
    {
      model: place.model.objectType,
      id: place.id,
      object: label,
      fields,
      ...(Object.keys(relationships).length > 0 && { relationships }),
      ...relatedWords(answer),
      not_set: notSet,
      ...(gaps.length > 0 && { gaps })
    },
    { count: 1, links: linksOf({ place, answer, words }, question), gaps }
  )
}
