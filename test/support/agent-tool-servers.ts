import { onTestFinished } from 'vitest'
import type { McpServer } from '../../src/catalog/catalog.ts'
import { createMcpClients, type McpLimits } from '../../src/mcp/mcp-clients.ts'
import { createOutbound } from '../../src/platform/outbound.ts'
import type { ToolSet } from '../../src/tool-server.ts'
import { vouchForNobody } from './agent-fixture.ts'

const MAX_RESULT_BYTES = 8 * 1024 * 1024
const CONTEXT = { correlationId: 'test' }

/** Leases tools of real MCP servers for the agent of a test, as the service does. Ends with the test. */
export function leaseFrom(
  servers: () => readonly McpServer[],
  limits: Partial<McpLimits> = {}
): () => Promise<ToolSet> {
  const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 32_000_000 })
  const clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: MAX_RESULT_BYTES,
    limits
  })
  onTestFinished(async () => {
    await clients.close()
    await outbound.close()
  })
  return () =>
    clients.lease(servers(), undefined, { ...CONTEXT, signal: AbortSignal.timeout(9_000) })
}
