import { isRecord } from '../platform/json.ts'
import { isSecret, NOT_SHOWN, notShownGap } from './sensitive.ts'

type Json = Readonly<Record<string, unknown>>

/** An object that another one names, as far as the user may see it. */
export interface Related {
  readonly objectType: string
  readonly id: string
  readonly label: string
}

/** One object in words, for a model to read. */
export interface ObjectWords {
  /** What a person calls it. */
  readonly label: string
  readonly fields: Json
  readonly relationships: Json
  /** Fields without a value, in Nautobot's order. */
  readonly notSet: readonly string[]
  /** In the order of the fields, each once. */
  readonly related: readonly Related[]
  /** Sentences about what is hidden or left out. */
  readonly gaps: readonly string[]
}

/** How Nautobot answers with `depth` what the user may not view, the name included. */
const BRIEF = new Set(['id', 'object_type', 'url', 'display'])
/** About the answer rather than the object. `natural_slug` is made of names of other objects. */
const LEFT_OUT = new Set([
  'computed_fields',
  'custom_fields',
  'display',
  'generic_foreign_key',
  'id',
  'natural_slug',
  'notes_url',
  'object_type',
  'relationships',
  'tree_depth',
  'url'
])
/** Nautobot counts for these without the user's rights, and without what is below a location: `count` does better. */
const isLeftOut = (name: string, value: unknown) =>
  LEFT_OUT.has(name) || (name.endsWith('_count') && typeof value === 'number')
const HIDDEN = '(hidden)'
const MAX_ITEMS = 25
const MAX_VALUE_CHARACTERS = 1_000
const MAX_TEXT_CHARACTERS = 12_000

/** Made of what the object itself and objects that the user may view say; never `display`, which names others. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  'circuits.circuittermination': ['circuit.cid', 'term_side', 'location.name'],
  'dcim.frontport': ['device.name', 'name'],
  'dcim.interface': ['device.name', 'name'],
  'dcim.rearport': ['device.name', 'name'],
  'ipam.ipaddressrange': ['start_address', 'end_address'],
  'ipam.vlan': ['vid', 'name']
}
const NAMES = ['name', 'cid', 'model', 'address', 'prefix', 'label', 'object_repr', 'title', 'key']

const isEmpty = (value: unknown) =>
  value === null ||
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0)

const cut = (text: string) =>
  text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text

function pluck(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => {
    return isRecord(inner) ? inner[key] : undefined
  }, value)
}

const isPlain = (value: unknown) =>
  (typeof value === 'string' && value !== '') || typeof value === 'number'

function labelOf(object: Json): string {
  const objectType = String(object.object_type ?? 'object')
  const parts = (LABELS[objectType] ?? []).map((path) => pluck(object, path)).filter(isPlain)
  const name = NAMES.map((key) => object[key]).find(isPlain)
  if (parts.length > 0) return cut(parts.join(' '))
  if (name !== undefined) return cut(String(name))
  return `${objectType} ${String(object.id).slice(0, 8)}`
}

const isHidden = (object: Json) => Object.keys(object).every((key) => BRIEF.has(key))
const isObject = (value: Json) =>
  typeof value.id === 'string' && (typeof value.object_type === 'string' || isHidden(value))

/** Other objects or a choice, rather than what somebody has written. */
const isChosen = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.every(isChosen)
    : isRecord(value) && (isObject(value) || isChoice(value))

/** `{value, label}`: both, where they are more than two spellings of one word. */
function choice({ value, label }: Json): string {
  const plain = (part: unknown) =>
    String(part)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
  return plain(value) === plain(label) ? String(value) : `${String(label)} (${String(value)})`
}

const isChoice = (value: Json) => Object.keys(value).toSorted().join() === 'label,value'

/** Puts values into words and remembers what they named, hid and left out. */
function createWriter() {
  const related = new Map<string, Related>()
  const gaps: string[] = []
  let hidden = 0
  let secrets = 0

  function hide(): string {
    secrets += 1
    return NOT_SHOWN
  }

  function reference(object: Json): string {
    if (isHidden(object)) {
      hidden += 1
      return HIDDEN
    }
    const [id, label] = [String(object.id), labelOf(object)]
    related.set(id, { id, label, objectType: String(object.object_type) })
    return label
  }

  function word(value: unknown): unknown {
    if (typeof value === 'string') return cut(value)
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(word)
    if (!isRecord(value)) return value
    if (isObject(value)) return reference(value)
    return isChoice(value) ? choice(value) : data(value)
  }

  /** There may be objects in it, as in the terminations of a cable. */
  function data(value: Json): unknown {
    const entries = Object.entries(value).slice(0, MAX_ITEMS)
    const show = ([key, item]: readonly [string, unknown]) =>
      isSecret(key, item) && !(isRecord(item) && isObject(item)) ? hide() : word(item)
    const inner = Object.fromEntries(entries.map((entry) => [entry[0], show(entry)]))
    const written = JSON.stringify(inner)
    return written.length > MAX_VALUE_CHARACTERS ? cut(written) : inner
  }

  function say(name: string, count: number): void {
    if (count > MAX_ITEMS) gaps.push(`"${name}" was cut at ${MAX_ITEMS} of ${count}.`)
    if (hidden === 0) return
    const some = count > 1 ? ` in ${hidden} of ${Math.min(count, MAX_ITEMS)}` : ''
    gaps.push(`"${name}" is hidden${some}: your rights do not show it.`)
  }

  return {
    related,
    gaps,
    write(name: string, value: unknown): unknown {
      hidden = 0
      secrets = 0
      const written = isSecret(name, value) && !isChosen(value) ? hide() : word(value)
      if (secrets > 0) gaps.push(notShownGap(name, written !== NOT_SHOWN))
      say(name, Array.isArray(value) ? value.length : 1)
      return written
    }
  }
}

function customFields({ custom_fields }: Json): (readonly [string, unknown])[] {
  if (!isRecord(custom_fields)) return []
  return Object.entries(custom_fields).map(([key, value]) => [`cf_${key}`, value] as const)
}

/** `{key: {source | destination | peer: {label, objects}}}` as the objects by the side's label. */
function relationshipsOf({ relationships }: Json): (readonly [string, unknown])[] {
  if (!isRecord(relationships)) return []
  return Object.entries(relationships).flatMap(([key, relationship]) => {
    const sides = isRecord(relationship) ? Object.entries(relationship) : []
    return sides.flatMap(([name, side]) => {
      if (!isRecord(side) || !Array.isArray(side.objects)) return []
      const more = sides.filter(([, other]) => isRecord(other)).length > 1
      const label = more ? `${key} (${name})` : key
      return [[label, side.objects] as const]
    })
  })
}

/** As many as fit; the first ones first. */
function createShelf() {
  let characters = 0
  let left = 0
  return {
    left: () => left,
    fits(name: string, word: unknown): boolean {
      characters += name.length + JSON.stringify(word).length
      if (characters <= MAX_TEXT_CHARACTERS) return true
      left += 1
      return false
    }
  }
}

/** Nautobot's answer for one object, read with `depth`, in words and within bounds. */
export function toWords(object: Json): ObjectWords {
  const writer = createWriter()
  const shelf = createShelf()
  const own = Object.entries(object).filter(([name, value]) => !isLeftOut(name, value))
  const all = [...own, ...customFields(object)]

  function collect(entries: readonly (readonly [string, unknown])[]): Json {
    const written = entries
      .filter(([, value]) => !isEmpty(value))
      .map(([name, value]) => [name, writer.write(name, value)] as const)
    return Object.fromEntries(written.filter(([name, word]) => shelf.fits(name, word)))
  }

  const fields = collect(all)
  const relationships = collect(relationshipsOf(object))
  const full =
    shelf.left() > 0 ? [`${shelf.left()} fields were left out: too long for one answer.`] : []
  return {
    label: labelOf(object),
    fields,
    relationships,
    notSet: all.filter(([, value]) => isEmpty(value)).map(([name]) => name),
    related: [...writer.related.values()],
    gaps: [...writer.gaps, ...full]
  }
}
