import { z } from 'zod'
import type { RecordKind, Records } from '../platform/records.ts'
import type { ServerHealth } from './server-health.ts'

/** What is known of each MCP server's health, for a week. */
export type HealthRecords = Records<ServerHealth>

const healthSchema = z
  .object({
    ok: z.boolean(),
    problem: z.string().optional(),
    latencyMs: z.number(),
    tools: z.number().optional(),
    at: z.number(),
    streak: z.number(),
    lastSeenAt: z.number().optional()
  })
  .transform(
    ({ problem, tools, lastSeenAt, ...rest }): ServerHealth => ({
      ...rest,
      problem,
      tools,
      lastSeenAt
    })
  )

export const HEALTH_RECORDS: RecordKind<ServerHealth> = {
  name: 'server-health',
  keepSeconds: 7 * 86_400,
  parse: (value) => healthSchema.parse(value)
}
