import { z } from 'zod'
import {
  description,
  MAX_URL_CHARACTERS,
  name,
  notEmpty,
  pages,
  reference,
  referenceView,
  stamps,
  status,
  timeoutSeconds,
  viewCommon
} from './configuration-fields.ts'
import { healthSchema } from './health-body.ts'
import { plainText } from './plain-text.ts'

const MAX_TOOL_PATTERNS = 200
const MAX_TOOL_PATTERN_CHARACTERS = 128
const MAX_TOOL_PREFIX_CHARACTERS = 24
const MAX_HEADERS = 20
const MAX_HEADER_NAME_CHARACTERS = 64
const MAX_HEADER_VALUE_CHARACTERS = 500
const MIN_RESULT_BYTES = 1_024
const MAX_RESULT_BYTES = 8 * 1_024 * 1_024

const toolPatterns = z
  .array(plainText(MAX_TOOL_PATTERN_CHARACTERS).min(1, 'is empty'))
  .max(MAX_TOOL_PATTERNS)
  .optional()

const mcpServerBody = {
  name,
  description,
  status,
  enabled: z.boolean().optional().describe('Whether its tools are offered in the chat.'),
  remoteUrl: plainText(MAX_URL_CHARACTERS).describe('Address of its MCP endpoint.'),
  transport: z
    .enum(['http', 'sse'])
    .optional()
    .describe('Streamable HTTP, or the HTTP with SSE of old servers.'),
  identity: z
    .enum(['none', 'service', 'user'])
    .optional()
    .describe(
      "Whose credential it is shown: nobody's, the secrets group's token, or a statement on the asking user."
    ),
  secretsGroup: reference.optional(),
  credentialHeader: plainText(MAX_HEADER_NAME_CHARACTERS)
    .optional()
    .describe('Header that carries the credential as it is; empty: a bearer token.'),
  headers: z
    .record(z.string().max(MAX_HEADER_NAME_CHARACTERS), z.string().max(MAX_HEADER_VALUE_CHARACTERS))
    .refine((given) => Object.keys(given).length <= MAX_HEADERS, 'has too many entries')
    .optional()
    .describe(
      'Further headers of each request. No secrets: whoever may view the server reads them.'
    ),
  verifyTls: z.boolean().optional(),
  connectTimeoutSeconds: timeoutSeconds.max(60).optional(),
  timeoutSeconds: timeoutSeconds.max(600).optional().describe('Of a call without news.'),
  totalTimeoutSeconds: timeoutSeconds
    .optional()
    .describe('Of a call that goes on reporting progress.'),
  toolPrefix: plainText(MAX_TOOL_PREFIX_CHARACTERS)
    .optional()
    .describe("What names of its tools begin with; empty: made from the server's name."),
  allowedTools: toolPatterns.describe('The only tools that are offered, or patterns; none: all.'),
  deniedTools: toolPatterns.describe('Those that are never offered.'),
  readOnlyTools: toolPatterns.describe(
    'Names of tools that only read, or patterns with `*`. All others wait for approval.'
  ),
  approvalTools: toolPatterns.describe('Those that wait for approval although they only read.'),
  maxResultBytes: z
    .int()
    .min(MIN_RESULT_BYTES)
    .max(MAX_RESULT_BYTES)
    .optional()
    .describe('Of one result; a longer one is cut, and the answer says so.')
}

const mcpServerExample = {
  name: 'Documentation',
  status: 'Healthy',
  remoteUrl: 'https://mcp.example.com/mcp',
  secretsGroup: null
}

/** Create and update bodies, the answer and examples. */
export const mcpServerSchemas = {
  create: z
    .strictObject(mcpServerBody)
    .meta({ id: 'McpServerCreate', examples: [mcpServerExample] }),
  update: z
    .strictObject(mcpServerBody)
    .partial()
    .refine(notEmpty, 'names no field to change')
    .meta({ id: 'McpServerChange', examples: [{ enabled: false }] }),
  view: z
    .object({
      id: z.string(),
      ...mcpServerBody,
      secretsGroup: referenceView,
      health: healthSchema.optional().describe('What the last look at it found.'),
      changedTools: z
        .array(z.string())
        .optional()
        .describe('Tools whose description or schema is not what was accepted; see `refresh`.'),
      ...viewCommon
    })
    .meta({
      id: 'McpServer',
      examples: [
        {
          id: '8f0d4b1c-70a3-4c1e-9d57-0c7b7a3d5e21',
          ...mcpServerExample,
          description: '',
          enabled: true,
          transport: 'http' as const,
          identity: 'service' as const,
          credentialHeader: '',
          headers: {},
          verifyTls: true,
          connectTimeoutSeconds: 5,
          timeoutSeconds: 30,
          totalTimeoutSeconds: 600,
          toolPrefix: '',
          allowedTools: [],
          deniedTools: ['*_secret'],
          readOnlyTools: ['search', 'get_*'],
          approvalTools: [],
          maxResultBytes: MAX_RESULT_BYTES,
          ...stamps,
          page: `${pages}/mcp-servers/8f0d4b1c-70a3-4c1e-9d57-0c7b7a3d5e21/`
        }
      ]
    })
}
