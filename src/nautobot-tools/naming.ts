import { AppError } from '../errors.ts'
import type { Asker } from './asker.ts'
import { type Identifier, isUuid } from './identifier.ts'
import type { ModelDirectory } from './model-directory.ts'
import type { NautobotModel, UserModels } from './nautobot-model.ts'
import { filtersFor, nearNames, type Target } from './object-search.ts'
import { ToolRefusal } from './tool-failure.ts'

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

/** An object that somebody has named. */
export interface Naming extends UserModels {
  readonly identifier: Identifier
  readonly written: string
  /** As the asker named it. */
  readonly asked: NautobotModel | undefined
  readonly asker: Asker
  readonly directory: ModelDirectory
}

export interface Place {
  readonly model: NautobotModel
  readonly id: string
}

export const orHidden = 'or your rights do not show it'

const apiOf = ({ api, page }: NautobotModel) => api ?? (page ? `/api${page}` : undefined)

/** The object of a page or of an address of the REST API, whatever tab of it is open. */
export function placeOfUrl(
  path: string,
  { models, asked }: Pick<Naming, 'models' | 'asked'>
): Place {
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
function typesFor({ identifier, asked, models, viewable }: Naming): string[] {
  if (asked) return [asked.objectType]
  if (identifier.kind === 'mac')
    return models.filter(({ hasMac }) => hasMac).map(({ objectType }) => objectType)
  if (identifier.kind === 'address')
    return identifier.isNetwork ? ['ipam.ipaddress', 'ipam.prefix'] : ['ipam.ipaddress']
  return USUALLY_NAMED.filter((objectType) => viewable.has(objectType))
}

/** Where a named object is looked for. Throws FORBIDDEN when the user may view none of it. */
export async function targetsFor(naming: Naming): Promise<Target[]> {
  const { models, viewable, asker, directory } = naming
  const known = typesFor(naming).flatMap((type) => {
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

/** `device, location or rack`. */
function eitherOf(targets: readonly Target[]): string {
  const names = targets.map(({ model }) => model.name)
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(' or ')
}

/** Not asked is not "none found". */
export function checkTargets(identifier: Identifier, targets: readonly Target[]): void {
  const unlisted = targets.find(({ model }) => !model.graphqlRoot)?.model
  if (unlisted)
    throw new ToolRefusal(`Nautobot finds ${unlisted.plural} by id or URL only: ask with one.`)
  if (targets.some((target) => filtersFor(identifier, target).length > 0)) return
  const names = eitherOf(targets)
  throw new ToolRefusal(`This cannot name a ${names}. Ask with an id or URL, or find it first.`)
}

/** Says that nothing is called so, with the names that are near. */
export async function notFound(
  { written, identifier, asker }: Naming,
  targets: readonly Target[]
): Promise<ToolRefusal> {
  const names = eitherOf(targets)
  const near = identifier.kind === 'name' ? await nearNames(written, targets, asker) : []
  const named = identifier.kind === 'mac' ? 'with the MAC' : 'called'
  const message = `There is no ${names} ${named} "${written}", ${orHidden}.`
  return new ToolRefusal(message, near, { code: 'OBJECT_NOT_FOUND' })
}
