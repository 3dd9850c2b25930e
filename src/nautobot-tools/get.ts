import { AppError } from '../errors.ts'
import { unanswered } from '../nautobot/refusal.ts'
import type { Asker } from './asker.ts'
import { askCount } from './counting.ts'
import { explain } from './explain.ts'
import { toQuery } from './filter.ts'
import { type Filters, readFilters } from './filters.ts'
import { findModel } from './find-model.ts'
import { type Identifier, isUuid, readIdentifier } from './identifier.ts'
import { describesFor, type ModelDirectory } from './model-directory.ts'
import type { NautobotModel, UserModels } from './nautobot-model.ts'
import { type ObjectAnswer, readObject, readOnlyObject } from './object-reading.ts'
import {
  type Found,
  filtersFor,
  MAX_CANDIDATES,
  nearNames,
  searchObjects,
  type Target
} from './object-search.ts'
import { type ObjectWords, toWords } from './object-words.ts'
import { objectLink } from './proof-links.ts'
import { relatedLinks, relatedWords } from './related-lists.ts'
import { quoted, ToolRefusal } from './tool-failure.ts'
import type { GetInput } from './tool-input.ts'
import { success } from './tool-output.ts'

/** Where a name is looked for when nobody says what it is. */
const USUALLY_NAMED = [
  'dcim.device',
  'dcim.location',
  'circuits.circuit',
  'dcim.rack',
  'ipam.vlan',
  'tenancy.tenant',
  'circuits.provider',
  'virtualization.virtualmachine'
]
/** What is said by the objects beyond the next: the device of an address' interface, the place of a circuit's end. */
const DEEPER = new Set(['circuits.circuit', 'dcim.interface', 'ipam.ipaddress'])
const MAX_LINKS = 15
/** Linked last: they say what a thing is, not what it is connected to. */
const CLASSES = new Set(['extras.role', 'extras.status', 'extras.tag'])

interface Question extends UserModels {
  readonly input: GetInput
  readonly identifier: Identifier
  /** As the asker named it. */
  readonly asked: NautobotModel | undefined
  readonly asker: Asker
  readonly directory: ModelDirectory
  readonly nowMs: number
}

interface Place {
  readonly model: NautobotModel
  readonly id: string
}

const orHidden = 'or your rights do not show it'

const apiOf = ({ api, page }: NautobotModel) => api ?? (page ? `/api${page}` : undefined)

/** The object of a page or of an address of the REST API, whatever tab of it is open. */
function placeOfUrl(path: string, { models, asked }: Question): Place {
  const model = models
    .flatMap((one) => [one.page, apiOf(one)].map((list) => ({ one, list: list ?? '' })))
    .filter(({ list }) => list !== '' && path.startsWith(list))
    .toSorted((left, right) => right.list.length - left.list.length)[0]
  if (!model) throw new ToolRefusal(`"${path.slice(0, 200)}" is not the address of an object.`)
  const id = path.slice(model.list.length).split('/')[0] ?? ''
  if (!isUuid(id))
    throw new ToolRefusal(`This is the address of a list: ask find for ${model.one.plural}.`)
  if (asked && asked !== model.one)
    throw new ToolRefusal(`This is the address of a ${model.one.name}, not of a ${asked.name}.`, [
      model.one.objectType
    ])
  return { model: model.one, id: id.toLowerCase() }
}

/** The models that an identifier may be about, in the order in which they are looked at. */
function typesFor({ identifier, asked, models, viewable }: Question): string[] {
  if (asked) return [asked.objectType]
  if (identifier.kind === 'mac')
    return models.filter(({ hasMac }) => hasMac).map(({ objectType }) => objectType)
  if (identifier.kind === 'address')
    return identifier.isNetwork ? ['ipam.ipaddress', 'ipam.prefix'] : ['ipam.ipaddress']
  return USUALLY_NAMED.filter((objectType) => viewable.has(objectType))
}

async function targetsFor(question: Question): Promise<Target[]> {
  const { models, viewable, asker, directory } = question
  const known = typesFor(question).flatMap((type) => {
    return models.filter(({ objectType }) => objectType === type)
  })
  const targets = await Promise.all(
    known.map(async (model) => ({
      model,
      description: await directory.describe(model.objectType, asker)
    }))
  )
  // GraphQL shows an empty list to who may not view the model.
  const visible = targets.filter(({ model }) => viewable.has(model.objectType))
  if (visible.length > 0) return visible
  const plurals = known.map(({ plural }) => plural).join(' and ') || 'objects with names'
  throw new AppError('FORBIDDEN', `Your rights do not show any ${plurals}.`)
}

function narrowing({ input, asked, nowMs }: Question, targets: readonly Target[]): Filters {
  const given = Object.keys(input.filters).length > 0
  const [target] = targets
  if (given && !asked) throw new ToolRefusal('Filters are of one model: name it.')
  return target && given ? readFilters(input.filters, target.description, nowMs) : readNothing
}
const readNothing: Filters = { filters: [], unknown: [] }

/** Not asked is not "none found". */
function checkTargets(identifier: Identifier, targets: readonly Target[]): void {
  const unlisted = targets.find(({ model }) => !model.graphqlRoot)?.model
  if (unlisted)
    throw new ToolRefusal(`Nautobot finds ${unlisted.plural} by id or URL only: ask with one.`)
  if (targets.some((target) => filtersFor(identifier, target).length > 0)) return
  const names = targets.map(({ model }) => model.name).join(' or ')
  throw new ToolRefusal(`This cannot name a ${names}. Ask with an id or URL, or find it first.`)
}

async function search(question: Question, targets: readonly Target[]): Promise<Found[]> {
  const { asker, directory, identifier, input, models } = question
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
  const written = input.object.trim()
  const options = { asker, identifier, written, targets, filters, describe }
  return searchObjects(options).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === 'INVALID_REQUEST') await judge()
    // Any text may be a name, and some are no address.
    throw identifier.kind === 'name' ? unanswered(error) : error
  })
}

async function notFound(question: Question, targets: readonly Target[]): Promise<ToolRefusal> {
  const { input, identifier, asker } = question
  const names = targets.map(({ model }) => model.name).join(' or ')
  const near =
    identifier.kind === 'name' ? await nearNames(input.object.trim(), targets, asker) : []
  const named = identifier.kind === 'mac' ? 'with the MAC' : 'called'
  const message = `There is no ${names} ${named} "${input.object.trim()}", ${orHidden}.`
  return new ToolRefusal(message, near, { code: 'OBJECT_NOT_FOUND' })
}

function ambiguous({ input }: Question, found: readonly Found[]): ToolRefusal {
  const shown = found.slice(0, MAX_CANDIDATES)
  const number = found.length > MAX_CANDIDATES ? `more than ${MAX_CANDIDATES}` : found.length
  return new ToolRefusal(
    `${quoted([input.object.trim()])} may mean ${number} objects. Ask for one by its model and id, or with filters.`,
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
  const question = { input, identifier, asked, models, viewable, asker, directory, nowMs }
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
