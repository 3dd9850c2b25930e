import { inputRequired, McpServer as SdkServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** What it was told, for each call. */
export interface AskingServer {
  readonly create: () => SdkServer
  readonly heard: readonly unknown[]
}

type Asked = Parameters<typeof inputRequired.elicit>[0]['requestedSchema']

const ASKED = {
  type: 'object' as const,
  required: ['site', 'racks'],
  properties: {
    site: {
      type: 'string' as const,
      title: 'Site',
      description: 'Where the window is announced.',
      oneOf: [
        { const: 'AMS01', title: 'Amsterdam 1' },
        { const: 'TYO01', title: 'Tokyo 1' }
      ]
    },
    contact: { type: 'string' as const, title: 'Contact', format: 'email' as const },
    racks: { type: 'integer' as const, title: 'Racks', minimum: 1, maximum: 40 },
    start: { type: 'string' as const, title: 'First day', format: 'date' as const },
    urgent: { type: 'boolean' as const, title: 'Urgent' },
    teams: {
      type: 'array' as const,
      title: 'Teams to tell',
      maxItems: 2,
      items: {
        anyOf: [
          { const: 'noc', title: 'Network operations' },
          { const: 'dc', title: 'Data centre' },
          { const: 'sec', title: 'Security' }
        ]
      },
      default: ['noc']
    }
  }
}

/** A server of the newest protocol that wants to know something before it does what its tool says, and repeats nothing. */
export function createAskingServer(
  message = 'When is the maintenance window?',
  requestedSchema: Asked = ASKED
): AskingServer {
  const heard: unknown[] = []

  function create(): SdkServer {
    const server = new SdkServer({ name: 'windows', version: '1' })
    const inputSchema = z.object({ name: z.string() })
    server.registerTool('plan_window', { inputSchema }, ({ name }, { mcpReq }) => {
      const answer = mcpReq.inputResponses?.window
      if (!answer) {
        const window = inputRequired.elicit({ message, requestedSchema })
        return inputRequired({ inputRequests: { window }, requestState: name })
      }
      heard.push({ name, answer })
      const { action } = answer as { action: string }
      return { content: [{ type: 'text', text: `The user's word: ${action}.` }] }
    })
    return server
  }

  return { create, heard }
}
