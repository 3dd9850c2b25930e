import { z } from 'zod'
import { plainText } from './schemas.ts'

const MAX_NAME_CHARACTERS = 255
const MAX_URL_CHARACTERS = 500
const MAX_PROMPT_CHARACTERS = 200_000
const MAX_PARAMETERS = 50
const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 50
const MAX_OFFSET = 100_000

const name = plainText(MAX_NAME_CHARACTERS).min(1, 'is empty')

/** Values are checked by Nautobot, which knows the rules of today; here only shapes and sizes are. */
const reference = z
  .union([name, z.strictObject({ id: z.guid(), name: name.optional() }), z.strictObject({ name })])
  .nullable()
  .describe("The object's id or name, or `{id}` or `{name}`; null for none.")

const referenceView = z
  .object({ id: z.string(), name: z.string() })
  .nullable()
  .describe('The name is that which your rights let you see.')

const description = plainText(MAX_NAME_CHARACTERS).optional()
const status = name.describe('Name of a status, such as `Healthy`, `Failed`, `Maintenance`.')
const timeoutSeconds = z.int().min(1).max(3_600)

const llmModelBody = {
  name,
  description,
  status,
  enabled: z.boolean().optional().describe('Whether it is offered in the chat.'),
  isDefault: z.boolean().optional().describe('Asked when a question names none.'),
  provider: z.enum(['azure-openai', 'openai']).optional(),
  modelName: name.describe("The provider's name of it; for Azure OpenAI the deployment."),
  remoteUrl: plainText(MAX_URL_CHARACTERS)
    .optional()
    .describe('Base address; may be empty for `openai`, whose public address is used then.'),
  apiVersion: plainText(50).optional().describe('Azure OpenAI only.'),
  secretsGroup: reference.optional(),
  systemPrompt: reference.optional(),
  verifyTls: z.boolean().optional(),
  timeoutSeconds: timeoutSeconds.optional(),
  parameters: z
    .record(z.string().max(100), z.unknown())
    .refine((given) => Object.keys(given).length <= MAX_PARAMETERS, 'has too many entries')
    .optional()
    .describe(
      'Parameters of a chat completion, such as `temperature`; Nautobot names the allowed ones.'
    )
}

const mcpServerBody = {
  name,
  description,
  status,
  enabled: z.boolean().optional().describe('Whether its tools are offered in the chat.'),
  remoteUrl: plainText(MAX_URL_CHARACTERS).describe('Address of its streamable HTTP endpoint.'),
  secretsGroup: reference.optional(),
  verifyTls: z.boolean().optional(),
  timeoutSeconds: timeoutSeconds.max(600).optional()
}

const systemPromptBody = {
  name,
  description,
  status: name.describe('Only prompts with the status `Approved` are used.'),
  text: z
    .string()
    .min(1, 'is empty')
    .max(MAX_PROMPT_CHARACTERS, `has more than ${MAX_PROMPT_CHARACTERS} characters`)
}

/** What Nautobot adds to every object. */
const viewCommon = {
  created: z.iso.datetime().nullable(),
  lastUpdated: z.iso.datetime().nullable(),
  page: z.url().describe("The object's page in Nautobot.")
}

const stamps = {
  created: '2026-03-01T09:00:00Z',
  lastUpdated: '2026-03-01T09:00:00Z'
}
const pages = 'https://nautobot.example.com/plugins/ai-ops'

const llmModelExample = {
  name: 'GPT production',
  status: 'Healthy',
  provider: 'azure-openai' as const,
  modelName: 'gpt-5-mini',
  remoteUrl: 'https://example.openai.azure.com',
  apiVersion: '2024-10-21',
  secretsGroup: 'Azure OpenAI',
  systemPrompt: 'Default',
  parameters: { temperature: 0.2 }
}

const mcpServerExample = {
  name: 'Documentation',
  status: 'Healthy',
  remoteUrl: 'https://mcp.example.com/mcp',
  secretsGroup: null
}

const systemPromptExample = {
  name: 'Default',
  status: 'Approved',
  text: 'You help network engineers. Answer briefly.'
}

const notEmpty = (body: object) => Object.keys(body).length > 0

/** Create and update bodies, the answer and examples of one kind. */
export const llmModelSchemas = {
  create: z.strictObject(llmModelBody).meta({ id: 'LlmModelCreate', examples: [llmModelExample] }),
  update: z
    .strictObject(llmModelBody)
    .partial()
    .refine(notEmpty, 'names no field to change')
    .meta({ id: 'LlmModelChange', examples: [{ enabled: false }] }),
  view: z
    .object({
      id: z.string(),
      ...llmModelBody,
      secretsGroup: referenceView,
      systemPrompt: referenceView,
      ...viewCommon
    })
    .meta({
      id: 'LlmModel',
      examples: [
        {
          id: '0d6b2d5e-6c0f-4c86-8f6d-0f6e3f3b7a10',
          ...llmModelExample,
          description: '',
          enabled: true,
          isDefault: true,
          secretsGroup: { id: 'b6a0c0a4-3f5e-4f55-8b0a-4b1f6a1d2c33', name: 'Azure OpenAI' },
          systemPrompt: { id: '5b7e3a0a-8a65-4b3a-9a52-1f4b6cf6f0aa', name: 'Default' },
          verifyTls: true,
          timeoutSeconds: 120,
          ...stamps,
          page: `${pages}/llm-models/0d6b2d5e-6c0f-4c86-8f6d-0f6e3f3b7a10/`
        }
      ]
    })
}

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
    .object({ id: z.string(), ...mcpServerBody, secretsGroup: referenceView, ...viewCommon })
    .meta({
      id: 'McpServer',
      examples: [
        {
          id: '8f0d4b1c-70a3-4c1e-9d57-0c7b7a3d5e21',
          ...mcpServerExample,
          description: '',
          enabled: true,
          verifyTls: true,
          timeoutSeconds: 30,
          ...stamps,
          page: `${pages}/mcp-servers/8f0d4b1c-70a3-4c1e-9d57-0c7b7a3d5e21/`
        }
      ]
    })
}

export const systemPromptSchemas = {
  create: z
    .strictObject(systemPromptBody)
    .meta({ id: 'SystemPromptCreate', examples: [systemPromptExample] }),
  update: z
    .strictObject(systemPromptBody)
    .partial()
    .refine(notEmpty, 'names no field to change')
    .meta({ id: 'SystemPromptChange', examples: [{ status: 'Approved' }] }),
  view: z.object({ id: z.string(), ...systemPromptBody, ...viewCommon }).meta({
    id: 'SystemPrompt',
    examples: [
      {
        id: '5b7e3a0a-8a65-4b3a-9a52-1f4b6cf6f0aa',
        ...systemPromptExample,
        description: '',
        ...stamps,
        page: `${pages}/system-prompts/5b7e3a0a-8a65-4b3a-9a52-1f4b6cf6f0aa/`
      }
    ]
  })
}

/** Query of a list; `enabled` only where the kind has it. */
export const listQuerySchema = z.strictObject({
  name: name.optional().describe('Exactly this name.'),
  status: name.optional().describe('Name of a status.'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0)
})

export const enabledQuerySchema = listQuerySchema.extend({
  enabled: z
    .enum(['true', 'false'], 'is neither true nor false')
    .transform((given) => given === 'true')
    .optional()
})
