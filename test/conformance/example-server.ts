import { setTimeout as sleep } from 'node:timers/promises'
import { type CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

type Content = CallToolResult['content']

/** One pixel, and a sound of no length: enough to be carried. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const STEP_MS = 20
const TOOL = { description: 'Called by the suite.', inputSchema: z.object({}) }

const text = (words: string) => ({ type: 'text', text: words }) as const
const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const
const resource = (uri: string) =>
  ({ type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded.' } }) as const

const CONTENTS: Readonly<Record<string, Content>> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [resource('test://embedded-resource')],
  test_multiple_content_types: [text('Several:'), image, resource('test://mixed-content-resource')],
  test_logging_tool: [text('Logged.')],
  test_streaming_elicitation: [text('Streamed.')]
}

/** The tools that the official suite calls by name, as it describes them: to see that all of it comes through the door. */
export function createExampleServer(): McpServer {
  const server = new McpServer({ name: 'example', version: '1' })
  for (const [name, content] of Object.entries(CONTENTS))
    server.registerTool(name, TOOL, () => ({ content }))
  server.registerTool('test_error_handling', TOOL, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool('test_tool_with_progress', TOOL, async (_args, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100 }
        await mcpReq.notify({ method: 'notifications/progress', params })
      }
      await sleep(STEP_MS)
    }
    return { content: [text('Done.')] }
  })
  return server
}
