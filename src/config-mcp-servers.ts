import { z } from 'zod'
import { isPlainHttpAddress } from './platform/address-text.ts'
import { Secret } from './platform/secret.ts'

export const MAX_LAB_MCP_SERVERS = 20
const MAX_COMMAND_PARTS = 50
const MAX_COMMAND_CHARACTERS = 4_096
const MAX_TOOL_PATTERNS = 200
const MAX_TOOL_PATTERN_CHARACTERS = 128

const toolPatterns = z
  .array(z.string().min(1).max(MAX_TOOL_PATTERN_CHARACTERS))
  .max(MAX_TOOL_PATTERNS)
  .default([])

const labMcpServer = {
  name: z.string().min(1).max(100),
  readOnlyTools: toolPatterns,
  approvalTools: toolPatterns
}
const commandText = z.string().max(MAX_COMMAND_CHARACTERS)

/** MCP servers of LAB: at an address, or a program to start. Neither is for any other environment. */
export const labMcpServers = z
  .array(
    z.union([
      z.strictObject({
        ...labMcpServer,
        url: z.string().refine(isPlainHttpAddress),
        transport: z.enum(['http', 'sse']).default('http'),
        token: z
          .string()
          .min(1)
          .transform((value) => new Secret(value))
          .optional()
      }),
      z.strictObject({
        ...labMcpServer,
        command: z.array(commandText).min(1).max(MAX_COMMAND_PARTS),
        env: z
          .record(z.string(), commandText)
          .refine((env) => Object.keys(env).length <= MAX_COMMAND_PARTS)
          .default({})
      })
    ])
  )
  .max(MAX_LAB_MCP_SERVERS)
