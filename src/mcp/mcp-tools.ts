import { createHash } from 'node:crypto'
import type { McpServer } from '../catalog/catalog.ts'
import { isRecord } from '../platform/json.ts'
import type { ToolDefinition } from '../tool-server.ts'
import type { ListedTool } from './mcp-connection.ts'

/** What model providers take as the name of a function. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const MAX_NAME_CHARACTERS = 64
const MAX_PREFIX_CHARACTERS = 24
const HASH_CHARACTERS = 6

/** OpenAI's limit for the description of a function. */
const MAX_DESCRIPTION_CHARACTERS = 1024
const MAX_SCHEMA_CHARACTERS = 64_000

/** OpenAI refuses the whole request when one tool's schema has these at its root. */
const REFUSED_AT_ROOT = ['anyOf', 'oneOf', 'allOf', 'enum', 'not']

/** A tool of an MCP server, ready for a model. */
export interface ForeignTool {
  /** As the server knows it. */
  readonly rawName: string
  readonly definition: ToolDefinition
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
    const schema = usableSchema(tool.inputSchema)
    const reason = seen.has(tool.name) ? 'its name is used twice' : undefined
    seen.add(tool.name)
    if (schema && !reason) return [{ tool, schema }]
    leftOut.push({ name: tool.name, reason: reason ?? 'its schema is not that of an object' })
    return []
  })
  const prefix = prefixOf(server.name)
  const plain = countNames(usable.map(({ tool }) => `${prefix}_${tool.name}`))
  const tools = usable.map(({ tool, schema }) => ({
    rawName: tool.name,
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

/** `name` with a mark that tells it from its namesakes of other servers. */
export function markName(name: string, distinction: string): string {
  const mark = createHash('sha256').update(distinction).digest('hex').slice(0, HASH_CHARACTERS)
  return `${name.slice(0, MAX_NAME_CHARACTERS - HASH_CHARACTERS - 1)}_${mark}`
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

function prefixOf(serverName: string): string {
  const slug = serverName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, MAX_PREFIX_CHARACTERS)
  return slug || markName('server', serverName)
}

function usableSchema(schema: unknown): ToolDefinition['inputSchema'] | undefined {
  if (!isRecord(schema) || schema.type !== 'object') return undefined
  if (REFUSED_AT_ROOT.some((keyword) => keyword in schema)) return undefined
  const { properties = {} } = schema
  if (!isRecord(properties)) return undefined
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS) return undefined
  // Demanded by providers, optional in JSON Schema.
  return { ...schema, properties }
}
