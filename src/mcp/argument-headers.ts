import { isRecord } from '../platform/json.ts'
import { McpFailure } from './mcp-failure.ts'

/** In a tool's schema: the argument goes into a header, too, for what stands before the server. */
const KEYWORD = 'x-mcp-header'
const PREFIX = 'mcp-param-'
/** RFC 9110. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const TYPES: readonly unknown[] = ['string', 'integer', 'boolean']
/** Their values are data, whatever they look like. */
const DATA: readonly string[] = ['const', 'default', 'enum', 'examples']
const MAX_DECLARED = 32
const MAX_DEPTH = 16
const MAX_NAME_CHARACTERS = 100
/** Of all values together: servers take about 16 KiB of headers, the others included. */
const MAX_HEADER_BYTES = 8 * 1024

/** An argument that a tool wants to have in a header. */
export interface ArgumentHeader {
  /** Names of properties, from the outermost. */
  readonly path: readonly string[]
  readonly name: string
}

/** Part of a schema; `path` is undefined where no chain of properties leads. */
interface Place {
  readonly schema: unknown
  readonly path: readonly string[] | undefined
}

/**
 * The headers that a tool's schema asks for (protocol 2026-07-28), or why its declarations are not valid: such a tool
 * must not be called.
 */
export function readArgumentHeaders(
  inputSchema: unknown
): { readonly declared: readonly ArgumentHeader[] } | { readonly reason: string } {
  const declared = new Map<string, ArgumentHeader>()
  const places: Place[] = [{ schema: inputSchema, path: [] }]
  for (let place = places.pop(); place; place = places.pop()) {
    for (const within of placesWithin(place)) places.push(within)
    if (!isRecord(place.schema) || !(KEYWORD in place.schema)) continue
    const header = headerOf(place.schema, place.path)
    const key = header?.name.toLowerCase() ?? ''
    if (!header || declared.has(key) || declared.size >= MAX_DECLARED) return INVALID
    declared.set(key, header)
  }
  return { declared: [...declared.values()] }
}

const INVALID = { reason: `what it declares as ${KEYWORD} is not valid` }

function headerOf(
  schema: Readonly<Record<string, unknown>>,
  path: Place['path']
): ArgumentHeader | undefined {
  const name = schema[KEYWORD]
  if (!path?.length || !isHeaderName(name) || !TYPES.includes(schema.type)) return undefined
  return { path, name }
}

function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_NAME_CHARACTERS && TOKEN.test(name)
}

function placesWithin({ schema, path }: Place): Place[] {
  if (Array.isArray(schema)) return schema.map((part) => ({ schema: part, path: undefined }))
  if (!isRecord(schema)) return []
  const { properties, ...others } = schema
  const within = isRecord(properties) ? Object.entries(properties) : []
  const isDeep = path === undefined || path.length >= MAX_DEPTH
  return [
    ...within.map(([name, part]) => ({ schema: part, path: isDeep ? undefined : [...path, name] })),
    ...Object.entries(others).flatMap(([keyword, part]) =>
      DATA.includes(keyword) ? [] : [{ schema: part, path: undefined }]
    )
  ]
}

/**
 * The headers of one call. An argument that is missing, null or of another type has none.
 *
 * @param args under the names that the server knows
 * @throws McpFailure `refused` when they would be too long, without which the server would refuse the call
 */
export function argumentHeaders(
  declared: readonly ArgumentHeader[],
  args: object
): Readonly<Record<string, string>> {
  const headers = declared.flatMap(({ path, name }): [string, string][] => {
    const text = textOf(path.reduce<unknown>((value, key) => fieldOf(value, key), args))
    return text === undefined ? [] : [[`${PREFIX}${name}`, encoded(text)]]
  })
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes <= MAX_HEADER_BYTES) return Object.fromEntries(headers)
  const names = declared.map(({ path }) => path.join('.')).join(', ')
  throw new McpFailure('refused', `These arguments are too long for this tool: ${names}.`)
}

function fieldOf(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value)
  return undefined
}

/** As the protocol has it: what is not plain, visible ASCII goes in Base64, and so does what looks like it. */
function encoded(text: string): string {
  const isPlain = /^[\t -~]+$/.test(text) && text === text.trim()
  if (isPlain && !/^=\?base64\?.*\?=$/.test(text)) return text
  return `=?base64?${Buffer.from(text).toString('base64')}?=`
}
