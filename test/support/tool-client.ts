import { onTestFinished } from 'vitest'
import { connectInMemory } from '../../src/mcp/mcp-connection.ts'
import type { NautobotClient } from '../../src/nautobot/client.types.ts'
import {
  createModelDirectory,
  type ModelDirectory
} from '../../src/nautobot-tools/model-directory.ts'
import type { SavedQuery } from '../../src/nautobot-tools/saved-query.ts'
import { createNautobotToolServer } from '../../src/nautobot-tools/server.ts'
import { Secret } from '../../src/platform/secret.ts'

/** A tool's answer, read as the model and as the agent read it. */
export interface ToolAnswer {
  isError: boolean
  /** Parsed text. */
  text: Record<string, unknown>
  facts: {
    rows?: number
    count: number
    links: { label: string; url: string }[]
    objects?: { label: string; url: string }[]
    gaps: string[]
  }
}

export interface ToolUser {
  userId: string
  token: string
  directory?: ModelDirectory
  savedQueries?: readonly SavedQuery[]
  onForgotten?: (token: Secret) => void
  now?: () => number
  timeoutMs?: number
}

export type CallTool = (
  name: 'changes' | 'count' | 'describe' | 'find' | 'get' | 'query' | `saved_${string}`,
  args: Record<string, unknown>,
  signal?: AbortSignal
) => Promise<ToolAnswer>

/** Calls the built-in tools as one user, until the test is finished. */
export async function connectTools(nautobot: NautobotClient, user: ToolUser): Promise<CallTool> {
  const { call, close } = await openTools(nautobot, user)
  onTestFinished(close)
  return call
}

/** Calls the built-in tools as one user, through MCP in memory, as a run does. */
export async function openTools(nautobot: NautobotClient, user: ToolUser) {
  const token = new Secret(user.token)
  const server = createNautobotToolServer({
    nautobot,
    directory: user.directory ?? createModelDirectory(),
    userId: user.userId,
    userToken: async () => token,
    forgetToken: user.onForgotten ?? (() => {}),
    correlationId: 'c-1',
    ...(user.savedQueries && { savedQueries: user.savedQueries }),
    ...(user.now && { now: user.now })
  })
  const connection = await connectInMemory(server, user.timeoutMs ?? 30_000)
  const call: CallTool = async (name, args, signal = new AbortController().signal) => {
    const result = await connection.callTool(name, args, { signal, correlationId: 'c-1' })
    const [content] = result.content
    return {
      isError: result.isError ?? false,
      text: JSON.parse(String(content?.text)) as Record<string, unknown>,
      facts: result.structuredContent as unknown as ToolAnswer['facts']
    }
  }
  return { call, close: () => connection.close() }
}
