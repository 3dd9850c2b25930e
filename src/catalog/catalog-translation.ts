import { AppError } from '../errors.ts'
import type { FieldProblem } from '../nautobot/refusal.ts'
import type { CatalogKind, FieldKind } from './catalog-kinds.ts'

/** A configuration object in our API's words: camelCase, with `id`, `created`, `lastUpdated` and `page`. */
export type CatalogView = Readonly<Record<string, unknown>>

type NautobotObject = Readonly<Record<string, unknown>>

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

function inner(value: unknown): NautobotObject | undefined {
  return typeof value === 'object' && value !== null ? (value as NautobotObject) : undefined
}

/** Without the right to view it, a related object has no name, but always an id. */
const nameOf = ({ name, display, id }: NautobotObject) => name ?? display ?? id

function readReferences(value: unknown): unknown[] {
  const objects = Array.isArray(value) ? value : []
  return objects.map((each) => readValue('reference', each)).filter((each) => each !== null)
}

function readValue(kind: FieldKind, value: unknown): unknown {
  const object = inner(value)
  if (kind === 'status') return object ? nameOf(object) : value
  if (kind === 'reference') return object ? { id: object.id, name: nameOf(object) } : null
  if (kind === 'references') return readReferences(value)
  return object && 'value' in object && 'label' in object ? object.value : value
}

/** Nautobot's answer (at `depth=1`) in our words. `publicUrl` is Nautobot's, for the link to the object's page. */
export function toView(kind: CatalogKind, answer: unknown, publicUrl: string): CatalogView {
  const object = inner(answer)
  if (typeof object?.id !== 'string')
    throw new AppError('NAUTOBOT_UNAVAILABLE', "Nautobot's answer is not an object with an id.")
  const fields = Object.entries(kind.fields).map(([name, field]) => [
    name,
    readValue(field.kind, object[field.nautobot])
  ])
  return {
    id: object.id,
    ...(Object.fromEntries(fields) as CatalogView),
    created: object.created,
    lastUpdated: object.last_updated,
    page: `${publicUrl}/plugins/ai-ops/${kind.list}/${object.id}/`
  }
}

/** Nautobot takes a related object by its id, or by a name that is its natural key. */
function writeReference(value: unknown): unknown {
  if (value === null) return null
  if (typeof value === 'string') return UUID.test(value) ? { id: value } : { name: value }
  const { id, name } = Object(value) as { id?: unknown; name?: unknown }
  return id === undefined ? { name } : { id }
}

function writeValue(kind: FieldKind, value: unknown): unknown {
  if (kind === 'value') return value
  return Array.isArray(value) ? value.map(writeReference) : writeReference(value)
}

/** The body of a write in Nautobot's words; only fields of the kind, which the route has checked. */
export function toNautobot(kind: CatalogKind, body: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(body).flatMap(([name, value]) => {
    const field = kind.fields[name]
    if (!field || value === undefined) return []
    return [[field.nautobot, writeValue(field.kind, value)]]
  })
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>
}

const camelCase = (name: string) =>
  name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

function toOurPath(kind: CatalogKind, path: string): string {
  const [first = '', ...rest] = path.split('.')
  const known = Object.entries(kind.fields).find(([, field]) => field.nautobot === first)
  return [known?.[0] ?? camelCase(first), ...rest].join('.')
}

function isProblem(value: unknown): value is FieldProblem {
  const problem = inner(value)
  return typeof problem?.path === 'string' && typeof problem.message === 'string'
}

/** A refused request with the fields named as the client wrote them; other errors stay as they are. */
export function inOurWords(kind: CatalogKind, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') return error
  const given = error.details?.fields
  const fields = (Array.isArray(given) ? given.filter(isProblem) : []).map((problem) => ({
    path: toOurPath(kind, problem.path),
    message: problem.message
  }))
  const [first] = fields
  if (!first) return error
  const message = first.path ? `${first.path}: ${first.message}` : first.message
  return new AppError('INVALID_REQUEST', message, { cause: error.cause, details: { fields } })
}
