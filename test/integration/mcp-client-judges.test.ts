import { beforeAll, expect, test } from 'vitest'
import { ensureMcpTools, judgeClient } from '../conformance/mcp-tools.ts'

beforeAll(async () => {
  await ensureMcpTools()
}, 300_000)

/**
 * Those of the official client suite that our connections are made for. Not among them: OAuth, which no server is asked
 * with; the echo of a schema, which is a client's errand.
 */
test.each([
  ['initialize', '2025-11-25'],
  ['tools_call', '2025-11-25'],
  ['sse-retry', '2025-11-25'],
  ['elicitation-sep1034-client-defaults', '2025-11-25'],
  ['tools_call', '2026-07-28'],
  ['request-metadata', '2026-07-28'],
  ['sep-2322-client-request-state', '2026-07-28'],
  ['http-standard-headers', '2026-07-28'],
  ['http-custom-headers', '2026-07-28'],
  ['http-invalid-tool-headers', '2026-07-28'],
  ['json-schema-ref-no-deref', '2026-07-28']
])(
  'passes what the official suite checks of a client: %s of %s',
  async (scenario, revision) => {
    const checks = await judgeClient(scenario, revision)
    expect(checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')).toEqual([])
    expect(checks).toContainEqual(expect.objectContaining({ status: 'SUCCESS' }))
  },
  60_000
)
