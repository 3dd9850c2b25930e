import { HttpAgent } from '@ag-ui/client'
import type { AgentEvent } from '../../src/agent/agent-events.ts'

/** What a foreign client makes of these events: `@ag-ui/client` with its own verification, folding and errors. */
export async function readAsForeignClient(events: readonly AgentEvent[]) {
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  const agent = new HttpAgent({
    url: 'http://127.0.0.1/',
    fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  })
  const failure = await agent.runAgent({}).then(
    () => undefined,
    (error: unknown) => error
  )
  return { messages: agent.messages, failure }
}
