const MAX_HEADERS = 20
const MAX_NAME_CHARACTERS = 64
const MAX_VALUE_CHARACTERS = 500

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/
/** Visible ASCII, with spaces inside: nothing that could end a header and begin another one. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** Of one connection, of HTTP itself, and those that carry credentials: the shim's own list. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'cookie2',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-request-id'
])
const RESERVED_PREFIXES = ['mcp-', 'proxy-', 'sec-']

/**
 * What is wrong with the headers that a request to an MCP server carries besides the protocol's, a sentence for each, in the
 * shim's words.
 *
 * @param credentialHeader the header of the credential, which none of these may be; empty for Authorization.
 */
export function headerProblems(headers: unknown, credentialHeader: string): string[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return [SHAPE]
  const entries = Object.entries(headers)
  if (entries.length > MAX_HEADERS) return [SHAPE]
  const taken = new Set([credentialHeader.toLowerCase()])
  return entries.flatMap(([name, value]) => {
    const problem = headerProblem(name, value, taken)
    taken.add(name.toLowerCase())
    return problem ?? []
  })
}

/** The same for the header that carries the credential; undefined when it may. */
export function credentialHeaderProblem(name: string): string | undefined {
  if (name === '') return undefined
  if (name.toLowerCase() === 'authorization') {
    return 'Leave it empty: Authorization is what is used then.'
  }
  const isFree = NAME.test(name) && !isReserved(name)
  return isFree ? undefined : "Enter a header of your server's own, for example X-API-Key."
}

const SHAPE = `Enter a JSON object of at most ${MAX_HEADERS} headers, for example {"X-Tenant": "emea"}.`

function headerProblem(
  name: string,
  value: unknown,
  taken: ReadonlySet<string>
): string | undefined {
  const shown = name.slice(0, MAX_NAME_CHARACTERS)
  if (!NAME.test(name)) {
    return `Rename "${shown}": a header has letters, digits and dashes, ${MAX_NAME_CHARACTERS} at most.`
  }
  if (isReserved(name)) {
    return `Remove "${shown}": it belongs to the connection, to MCP or to a credential.`
  }
  if (taken.has(name.toLowerCase())) {
    return `Remove "${shown}": it is there already, or carries the credential.`
  }
  const fits =
    typeof value === 'string' && value.length <= MAX_VALUE_CHARACTERS && VALUE.test(value)
  return fits
    ? undefined
    : `Give "${shown}" a text of 1 to ${MAX_VALUE_CHARACTERS} ASCII characters.`
}

function isReserved(name: string): boolean {
  const lower = name.toLowerCase()
  return RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))
}
