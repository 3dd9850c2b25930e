import { createHash } from 'node:crypto'
import type { ObjectType } from './sample-model.ts'
import { modelOf } from './sample-models.ts'

/** One object. References in `values` are ids, one or several; times are ISO texts. */
export interface SampleObject {
  readonly id: string
  readonly objectType: ObjectType
  /** What Nautobot's `display` shows. */
  readonly display: string
  /** What the object is called in a list of groups or in the change log. */
  readonly label: string
  readonly values: Readonly<Record<string, unknown>>
}

/** All objects of the sample. Lists come in Nautobot's order. */
export interface SampleStore {
  list(objectType: ObjectType): readonly SampleObject[]
  get(id: string): SampleObject | undefined
  /** Adds, or replaces the object with the same id. */
  put(object: SampleObject): void
  delete(id: string): void
  /** Values at the end of a path over references, such as `device_type.manufacturer`; a reference ends as its id. */
  pluck(object: SampleObject, path: string): readonly unknown[]
  /** The object of an id and everything below it in the tree of `parent`s. */
  withDescendants(objectType: ObjectType, id: string): ReadonlySet<string>
}

const UUID_CHARACTERS = 36
const PADDED_DIGITS = 8

/** Numbers in names by size, letters by their code, as the database of Nautobot sorts. */
function naturalKey(text: string): string {
  if (text.length === UUID_CHARACTERS) return text
  return text.replace(/\d+/g, (digits) => digits.padStart(PADDED_DIGITS, '0'))
}

export function createSampleStore(): SampleStore {
  const objects = new Map<string, SampleObject>()
  const lists = new Map<ObjectType, Map<string, SampleObject>>()
  const sorted = new Map<ObjectType, readonly SampleObject[]>()

  function listOf(objectType: ObjectType): Map<string, SampleObject> {
    const list = lists.get(objectType) ?? new Map<string, SampleObject>()
    lists.set(objectType, list)
    return list
  }

  function step(object: SampleObject, name: string): readonly unknown[] {
    if (name === 'id') return [object.id]
    const field = modelOf(object.objectType).fields[name]
    if (field?.kind === 'reverse') {
      return [...listOf(field.model).values()]
        .filter((other) => valuesOf(other, field.by).includes(object.id))
        .map((other) => other.id)
    }
    return valuesOf(object, name)
  }

  const store: SampleStore = {
    list(objectType) {
      const known = sorted.get(objectType)
      if (known) return known
      const fresh = sortObjects(store, [...listOf(objectType).values()], objectType)
      sorted.set(objectType, fresh)
      return fresh
    },

    get: (id) => objects.get(id),

    put(object) {
      objects.set(object.id, object)
      listOf(object.objectType).set(object.id, object)
      sorted.delete(object.objectType)
    },

    delete(id) {
      const object = objects.get(id)
      if (!object) return
      objects.delete(id)
      listOf(object.objectType).delete(id)
      sorted.delete(object.objectType)
    },

    pluck(object, path) {
      const [name = '', ...rest] = path.split('.')
      const found = step(object, name)
      if (rest.length === 0) return found
      return found.flatMap((id) => {
        const next = objects.get(String(id))
        return next ? store.pluck(next, rest.join('.')) : []
      })
    },

    withDescendants(objectType, id) {
      const ids = new Set([id])
      // A parent may stand behind its child in the list: repeat until nothing is added.
      for (let before = 0; before < ids.size; ) {
        before = ids.size
        for (const object of listOf(objectType).values()) {
          if (ids.has(String(object.values.parent))) ids.add(object.id)
        }
      }
      return ids
    }
  }
  return store
}

/** The id of an object of the sample network: a UUID of version 5. */
export function sampleId(namespace: string, objectType: ObjectType, key: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(`${objectType}:${key}`)
    .digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Compares two values as Nautobot's lists do: numbers by size, names with their numbers by size, nothing last. */
export function compareValues(left: unknown, right: unknown): number {
  const [hasLeft, hasRight] = [left ?? undefined, right ?? undefined].map((v) => v !== undefined)
  if (!hasLeft || !hasRight) return Number(hasRight) - Number(hasLeft)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return compareKeys(naturalKey(String(left)), naturalKey(String(right)))
}

function compareKeys(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Sorts by paths, where a leading `-` reverses. */
export function sortByPaths(
  store: SampleStore,
  objects: readonly SampleObject[],
  paths: readonly string[]
): readonly SampleObject[] {
  const keyed = objects.map((object) => ({
    object,
    keys: paths.map((path) => store.pluck(object, path.replace(/^-/, ''))[0])
  }))
  keyed.sort((left, right) => {
    for (const [index, path] of paths.entries()) {
      const order = compareValues(left.keys[index], right.keys[index])
      if (order !== 0) return path.startsWith('-') ? -order : order
    }
    return 0
  })
  return keyed.map(({ object }) => object)
}

function sortObjects(
  store: SampleStore,
  objects: readonly SampleObject[],
  objectType: ObjectType
): readonly SampleObject[] {
  return sortByPaths(store, objects, modelOf(objectType).ordering)
}

function valuesOf(object: SampleObject, name: string): readonly unknown[] {
  const value = object.values[name]
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
