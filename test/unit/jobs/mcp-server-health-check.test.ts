import { expect, it } from 'vitest'
import { createMcpServerHealthCheck } from '../../../src/jobs/mcp-server-health-check.ts'
import type { HealthReport } from '../../../src/mcp/health-check.ts'

const context = { signal: new AbortController().signal, correlationId: 'c' }
const nothing: HealthReport = { servers: 0, failing: 0, changed: [], unreported: [] }

const jobOf = (report: Partial<HealthReport>) =>
  createMcpServerHealthCheck({ checkAll: async () => ({ ...nothing, ...report }) })

it.each<[report: Partial<HealthReport>, sentence: string]>([
  [{}, 'There is no enabled MCP server.'],
  [{ servers: 3 }, '3 of 3 MCP servers answer.'],
  [
    { servers: 3, failing: 1, changed: ['Weather'] },
    '2 of 3 MCP servers answer. Wrote the status of Weather.'
  ],
  [
    { servers: 2, failing: 2, unreported: ['Weather', 'Tickets'] },
    '0 of 2 MCP servers answer. Nautobot did not take the status of Weather, Tickets.'
  ]
])('says what came of %o', async (report, sentence) => {
  expect(await jobOf(report).run(context)).toBe(sentence)
})

it('looks every minute, in one replica for all', () => {
  const { schedule, scope, minIntervalMs } = jobOf({})
  expect([schedule, scope]).toEqual(['* * * * *', 'deployment'])
  expect(minIntervalMs).toBeGreaterThan(30_000)
  expect(minIntervalMs).toBeLessThan(60_000)
})
