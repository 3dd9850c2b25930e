import type { HealthCheck, HealthReport } from '../mcp/health-check.ts'
import type { Job } from './job.ts'

const TIMEOUT_MS = 300_000
const MIN_INTERVAL_MS = 40_000

/** Looks every minute whether the MCP servers answer, and tells Nautobot of a change. */
export function createMcpServerHealthCheck(healthCheck: Pick<HealthCheck, 'checkAll'>): Job {
  return {
    name: 'mcp-server-health-check',
    description:
      'MCP server health check: asks each enabled MCP server for its tools, and writes Healthy or Failed in Nautobot when two probes in a row say so.',
    schedule: '* * * * *',
    scope: 'deployment',
    minIntervalMs: MIN_INTERVAL_MS,
    timeoutMs: TIMEOUT_MS,
    run: async (context) => describe(await healthCheck.checkAll(context))
  }
}

function describe({ servers, failing, changed, unreported }: HealthReport): string {
  if (servers === 0) return 'There is no enabled MCP server.'
  const answering = `${servers - failing} of ${servers} MCP servers answer.`
  const wrote = changed.length > 0 ? ` Wrote the status of ${changed.join(', ')}.` : ''
  const refused =
    unreported.length > 0 ? ` Nautobot did not take the status of ${unreported.join(', ')}.` : ''
  return answering + wrote + refused
}
