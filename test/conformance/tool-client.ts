import type { Elicit, FormValues } from '../../src/elicitation.ts'
import { createMcpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound } from '../../src/platform/outbound.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'

/** What the official suite starts with the address of its server: our clients, which list and call what they find. */
const address = process.argv.at(-1) ?? ''
/** The calls that a scenario asks for; without any, each tool is called once. */
const { toolCalls }: { toolCalls?: readonly { name: string; arguments: object }[] } = JSON.parse(
  process.env.MCP_CONFORMANCE_CONTEXT ?? '{}'
)
const PREFIX = 't'
/** Somebody who sends every form as it is shown to them. */
const onElicit: Elicit = async ({ fields }) => {
  const given = fields.flatMap((field) =>
    field.default === undefined ? [] : [[field.name, field.default] as const]
  )
  return { action: 'accept', content: Object.fromEntries(given) as FormValues }
}
const context = { signal: AbortSignal.timeout(20_000), correlationId: 'conformance', onElicit }
const outbound = createOutbound({ connectTimeoutMs: 5_000, maxResponseBytes: 8_000_000 })
const clients = createMcpClients({
  outbound,
  resolveCredential: async () => ({ address, secret: undefined }),
  stateUser: vouchForNobody,
  maxResultBytes: 100_000,
  limits: { listMaxWaitMs: 10_000 }
})
const server = mcpServer({ address, toolPrefix: PREFIX, timeoutMs: 10_000 })
const tools = await clients.lease([server], undefined, context)
const calls =
  toolCalls?.map(({ name, arguments: args }) => ({ name: `${PREFIX}_${name}`, args })) ??
  tools.tools.map(({ name }) => ({
    name,
    args: name === `${PREFIX}_add_numbers` ? { a: 2, b: 3 } : {}
  }))
for (const { name, args } of calls) {
  // Whether a call may fail is for the scenario to judge.
  await tools.call(name, args, context).catch(() => undefined)
}
await clients.close()
await outbound.close()
