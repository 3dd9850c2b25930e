import { createHash } from 'node:crypto'
import type { McpServer } from '../catalog/catalog.ts'
import { canonicalJson } from '../platform/json.ts'
import type { ToolDefinition } from '../tool-server.ts'
import { type ArgumentHeader, readArgumentHeaders } from './argument-headers.ts'
import { offeredNames } from './argument-names.ts'
import { MAX_NAME_CHARACTERS, markName } from './mark-name.ts'
import type { ListedTool } from './mcp-connection.ts'
import { modelSchema } from './model-schema.ts'
import type { Schema } from './schema-reading.ts'

/** What model providers take as the name of a function. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const MAX_PREFIX_CHARACTERS = 24
const HASH_CHARACTERS = 22

/** OpenAI's limit for the description of a function. */
const MAX_DESCRIPTION_CHARACTERS = 1024
/** Servers name their tools as they like; this is for what is kept of the name. */
const MAX_RAW_NAME_CHARACTERS = 256

/** A tool of an MCP server, ready for a model. */
export interface ForeignTool {
  /** As the server knows it. */
  readonly rawName: string
  readonly definition: ToolDefinition
  /** What the model gave, under the names that the server knows. */
  readonly toRaw: (args: object) => object
  /** Arguments that are sent as headers, too. */
  readonly headers: readonly ArgumentHeader[]
  /** Of what the server says of it: another description or schema has another one. */
  readonly hash: string
}

/** A tool that no model can be offered, and why. */
export interface LeftOutTool {
  readonly name: string
  readonly reason: string
}

export interface PreparedTools {
  readonly tools: readonly ForeignTool[]
  readonly leftOut: readonly LeftOutTool[]
}

/**
 * Names and describes a server's tools for models. Names depend on the server's name and on the tool alone, so they
 * are the same after a restart and in any order; equal ones get a mark made from what differs.
 */
export function prepareTools(server: McpServer, listed: readonly ListedTool[]): PreparedTools {
  const leftOut: LeftOutTool[] = []
  const seen = new Set<string>()
  const usable = listed.flatMap((tool) => {
    const made = modelSchema(tool.inputSchema)
    const headers = headersOf(server, tool)
    const reason = nameProblem(tool.name, seen) ?? reasonOf(made) ?? reasonOf(headers)
    seen.add(tool.name)
    if ('schema' in made && 'declared' in headers && reason === undefined) {
      return [{ tool, headers: headers.declared, ...offeredNames(made.schema) }]
    }
    leftOut.push({ name: tool.name.slice(0, MAX_RAW_NAME_CHARACTERS), reason: reason ?? '' })
    return []
  })
  const prefix = prefixOf(server)
  const plain = countNames(usable.map(({ tool }) => `${prefix}_${tool.name}`))
  const tools = usable.map(({ tool, headers, schema, toRaw }) => ({
    rawName: tool.name,
    toRaw,
    headers,
    hash: hashOf(tool, schema),
    definition: {
      name: toolName(`${prefix}_${tool.name}`, plain),
      description: (tool.description ?? tool.name).slice(0, MAX_DESCRIPTION_CHARACTERS),
      inputSchema: schema,
      server: server.name,
      // Its own hint would be no more than a claim.
      readOnly: false
    }
  }))
  return { tools, leftOut }
}

/** Only streamable HTTP has a request for each call, and with it headers. */
function headersOf({ transport }: McpServer, { inputSchema }: ListedTool) {
  return transport === 'http' ? readArgumentHeaders(inputSchema) : { declared: [] }
}

function reasonOf(found: object | { readonly reason: string }): string | undefined {
  return 'reason' in found ? found.reason : undefined
}

function countNames(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names.map(cleaned)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** A name that had to be changed and thereby met another one, or lost its end, gets a mark. */
function toolName(wanted: string, plain: ReadonlyMap<string, number>): string {
  const name = cleaned(wanted)
  if (NAME.test(wanted)) return wanted
  const isUnique = plain.get(name) === 1 && wanted.length <= MAX_NAME_CHARACTERS
  return isUnique ? name : markName(name, wanted)
}

function cleaned(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_')
}

function prefixOf({ name: serverName, toolPrefix }: McpServer): string {
  if (toolPrefix !== '') return toolPrefix
  const slug = serverName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, MAX_PREFIX_CHARACTERS)
  return slug || markName('server', serverName)
}

function hashOf({ description, inputSchema }: ListedTool, shown: Schema): string {
  const text = jsonOf([description, inputSchema]) ?? canonicalJson([description, shown])
  return createHash('sha256').update(text).digest('base64url').slice(0, HASH_CHARACTERS)
}

/** Undefined for what is nested deeper than this process can follow. */
function jsonOf(value: unknown): string | undefined {
  try {
    return canonicalJson(value)
  } catch {
    return undefined
  }
}

function nameProblem(name: string, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(name)) return 'its name is used twice'
  if (name.length <= MAX_RAW_NAME_CHARACTERS) return undefined
  return `its name is longer than ${MAX_RAW_NAME_CHARACTERS} characters`
}
