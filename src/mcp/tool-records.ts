import { z } from 'zod'
import type { RecordKind, Records } from '../platform/records.ts'

/** What is known of a server's tools from earlier lists. */
export interface ToolRecord {
  /** By the name that the server gives a tool: what was accepted of it, as a hash of its description and schema. */
  readonly accepted: Readonly<Record<string, string>>
  /** Names of those that are something else since; sorted. */
  readonly changed: readonly string[]
}

/** A record for each MCP server, until nobody has asked for its tools for 90 days. */
export type ToolRecords = Records<ToolRecord>

const recordSchema = z.object({
  accepted: z.record(z.string(), z.string()),
  changed: z.array(z.string())
})

export const TOOL_RECORDS: RecordKind<ToolRecord> = {
  name: 'server-tools',
  keepSeconds: 90 * 86_400,
  parse: (value) => recordSchema.parse(value)
}
