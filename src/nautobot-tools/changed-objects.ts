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
}

const asNamed = (name: string): NamedObject => ({ name, ids: [], labels: [] })

/**
 * Looks up what the log has nothing of: no change of a thing that does not exist is no answer. Throws ToolRefusal
 * OBJECT_NOT_FOUND, with near names, when neither the log nor Nautobot knows the name.
 */
export async function lookUpChanged(written: string, around: NamedIn): Promise<NamedObject> {
  const { asker, models } = around
  const name = written.trim()
  const identifier = readIdentifier(name, asker.publicUrl)
  if (identifier.kind === 'id') return asNamed(written)
  if (identifier.kind === 'url') {
    const { id } = placeOfUrl(identifier.path, { models, asked: undefined })
    return { name: written, ids: [id], labels: [] }
  }
  if ((await around.changesOf(written)) > 0) return asNamed(written)
  const naming = { ...around, identifier, written: name, asked: undefined }
  const targets = await targetsOf(naming, around.kind)
  if (typeof targets === 'string') return { ...asNamed(written), gap: targets }
  const found = await searchFor(naming, targets)
  if (found.length === 0) throw await notFound(naming, targets)
  if (found.some(({ label }) => label.toLowerCase() === name.toLowerCase())) return asNamed(written)
  if (found.length > MAX_CANDIDATES)
    throw new ToolRefusal(`"${name}" may mean more than ${MAX_CANDIDATES} objects. Ask by id.`)
  const labels = [...new Set(found.map(({ label }) => label))]
  return { name: written, ids: found.map(({ id }) => id), labels }
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
  if (targets.length > 0) return targets
  return `Whether there is a "${naming.written}" is not known: your rights do not show where it is looked for.`
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
