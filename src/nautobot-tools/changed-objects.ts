import { AppError } from '../errors.ts'
import { unanswered } from '../nautobot/refusal.ts'
import type { Asker } from './asker.ts'
import { readIdentifier } from './identifier.ts'
import { describesFor, type ModelDirectory } from './model-directory.ts'
import { type Naming, notFound, placeOfUrl, targetsFor } from './naming.ts'
import type { NautobotModel, UserModels } from './nautobot-model.ts'
import {
  type Found,
  filtersFor,
  MAX_CANDIDATES,
  searchObjects,
  type Target
} from './object-search.ts'
import { ToolRefusal } from './tool-failure.ts'

/** What a name means that the change log was searched by. */
export interface NamedObject {
  readonly name: string
  /** Under which it is in the log, when not by the name: an address, a serial, a MAC or a URL names it otherwise. */
  readonly ids: readonly string[]
  /** What these are called. */
  readonly labels: readonly string[]
  /** Why it is not known whether there is such an object. */
  readonly gap?: string
}

export interface NamedIn extends UserModels {
  readonly asker: Asker
  readonly directory: ModelDirectory
  /** Whose changes are asked for, when of one model alone. */
  readonly kind: NautobotModel | undefined
  /** How many changes the log has of what is called so. */
  readonly changesOf: (name: string) => Promise<number>
  /** A few names of the log that begin so. */
  readonly namesFrom: (name: string) => Promise<readonly string[]>
}

const asNamed = (name: string): NamedObject => ({ name, ids: [], labels: [] })

/**
 * Looks up what the log has nothing of: no change of a thing that does not exist is no answer. Throws ToolRefusal
 * OBJECT_NOT_FOUND, with near names, when neither the log nor Nautobot knows the name.
 */
export async function lookUpChanged(written: string, around: NamedIn): Promise<NamedObject> {
  const { asker, models } = around
  if ((await around.changesOf(written)) > 0) return asNamed(written)
  const name = written.trim()
  const identifier = readIdentifier(name, asker.publicUrl)
  if (identifier.kind === 'id') return asNamed(written)
  if (identifier.kind === 'url') {
    const { id } = placeOfUrl(identifier.path, { models, asked: undefined })
    return { name: written, ids: [id], labels: [] }
  }
  const naming = { ...around, identifier, written: name, asked: undefined }
  const targets = await targetsOf(naming, around.kind)
  if (typeof targets === 'string') return { ...asNamed(written), gap: targets }
  const found = await searchFor(naming, targets)
  if (found.length === 0) throw await unknownTo(naming, targets, around)
  return meantBy(written, found)
}

/**
 * By id: the log calls a VLAN "users (20)", and of a device whose own entries are gone it may have changes of parts.
 * Of very many of one name each has been looked for by that name.
 */
function meantBy(written: string, found: readonly Found[]): NamedObject {
  const name = written.trim()
  const same = found.filter(({ label }) => label.toLowerCase() === name.toLowerCase())
  const meant = same.length > 0 ? same : found
  if (meant.length > MAX_CANDIDATES) {
    if (same.length > 0) return asNamed(written)
    throw new ToolRefusal(`"${name}" may mean more than ${MAX_CANDIDATES} objects. Ask by id.`)
  }
  const labels = same.length > 0 ? [] : [...new Set(found.map(({ label }) => label))]
  return { name: written, ids: meant.map(({ id }) => id), labels }
}

/** What is gone may stand in the log under a longer name: `10.0.0.1/24`. */
async function unknownTo(naming: Naming, targets: readonly Target[], { kind, namesFrom }: NamedIn) {
  const [{ message, nearest, code }, logged] = await Promise.all([
    notFound(naming, targets),
    namesFrom(naming.written)
  ])
  const other = kind ? '' : ' If it is something else, name its model as well.'
  return new ToolRefusal(message + other, [...new Set([...logged, ...nearest])], { code })
}

/** Where a name is looked for; a sentence where it cannot be looked for. */
async function targetsOf(
  naming: Naming,
  kind: NautobotModel | undefined
): Promise<readonly Target[] | string> {
  const asked = kind ? [undefined, kind] : [undefined]
  const each = await Promise.all(
    asked.map((one) => {
      return targetsFor({ ...naming, asked: one }).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'FORBIDDEN') return []
        throw error
      })
    })
  )
  const byType = new Map(each.flat().map((target) => [target.model.objectType, target]))
  const targets = [...byType.values()].filter((target) => {
    return target.model.graphqlRoot && filtersFor(naming.identifier, target).length > 0
  })
  const isSought = targets.some(({ model }) => !kind || model.objectType === kind.objectType)
  if (isSought) return targets
  return `Whether there is a "${naming.written}" is not known: it cannot be looked for by name, or your rights do not show where.`
}

function searchFor(naming: Naming, targets: readonly Target[]): Promise<Found[]> {
  const { asker, directory, identifier, written } = naming
  const describe = describesFor(asker, directory)
  const options = { asker, identifier, written, targets, filters: [], describe }
  return searchObjects(options).catch((error: unknown) => {
    // Any text may be a name, and some are no address.
    throw identifier.kind === 'name' ? unanswered(error) : error
  })
}
