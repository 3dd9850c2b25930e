import { z } from 'zod'
import type { ServerHealth } from '../mcp/server-health.ts'

/** What the last look at an MCP server found. */
export const healthSchema = z
  .object({
    ok: z.boolean(),
    problem: z.string().optional().describe('Why it cannot be used, for people.'),
    latencyMs: z.int().describe('Until its tools were told, or until it failed.'),
    tools: z.int().optional().describe('On the first page of its list.'),
    at: z.iso.datetime(),
    lastSeenAt: z.iso.datetime().optional().describe('When it answered last.')
  })
  .meta({
    id: 'ServerHealth',
    examples: [
      {
        ok: false,
        problem: 'it answered 502.',
        latencyMs: 48,
        at: '2026-03-01T09:01:00.000Z',
        lastSeenAt: '2026-03-01T09:00:00.000Z'
      }
    ]
  })

const iso = (time: number) => new Date(time).toISOString()

export function toHealthBody(health: ServerHealth): z.input<typeof healthSchema> {
  const { ok, problem, latencyMs, tools, at, lastSeenAt } = health
  return {
    ...{ ok, problem, latencyMs, tools },
    at: iso(at),
    ...(lastSeenAt !== undefined && { lastSeenAt: iso(lastSeenAt) })
  }
}
