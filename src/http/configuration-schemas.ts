import { z } from 'zod'
import { parameterProblems } from '../nautobot/model-parameters.ts'
import {
  description,
  MAX_URL_CHARACTERS,
  name,
  notEmpty,
  pages,
  reference,
  references,
  referenceView,
  referenceViews,
  stamps,
  status,
  timeoutSeconds,
  viewCommon
} from './configuration-fields.ts'
import { plainText } from './plain-text.ts'
import { probeSchema } from './probe-body.ts'

const MAX_PROMPT_CHARACTERS = 200_000
const MAX_PARAMETERS = 50
const MAX_ENTRA_ID_CHARACTERS = 100
const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 50
const MAX_OFFSET = 100_000

const parameterRecord = z
  .record(z.string().max(100), z.unknown())
  .describe(
    'Parameters of a chat completion, such as `temperature`; a refusal names the allowed ones.'
  )
const parameters = parameterRecord
  .refine((given) => Object.keys(given).length <= MAX_PARAMETERS, {
    message: 'has too many entries',
    abort: true
  })
  .check(({ value, issues }) => {
    for (const message of parameterProblems(value)) {
      issues.push({ code: 'custom', message, input: value })
    }
  })
const price = z.number().min(0).nullable().optional()

const llmModelBody = {
  name,
  description,
  status,
  enabled: z.boolean().optional().describe('Whether it is offered in the chat.'),
  isDefault: z.boolean().optional().describe('Asked when a question names none.'),
  provider: z.enum(['azure-openai', 'openai', 'anthropic']).optional(),
  modelName: name.describe("The provider's name of it; for Azure OpenAI the deployment."),
  remoteUrl: plainText(MAX_URL_CHARACTERS)
    .optional()
    .describe('Base address; may be empty for `openai`, whose public address is used then.'),
  apiVersion: plainText(50).optional().describe('Azure OpenAI only.'),
  secretsGroup: reference.optional(),
  systemPrompt: reference.optional(),
  mcpServers: references
    .optional()
    .describe(
      'Ids or names of the MCP servers of a conversation that has chosen none, as far as its user may use them; empty: all of those.'
    ),
  verifyTls: z.boolean().optional(),
  timeoutSeconds: timeoutSeconds.optional(),
  parameters: parameters.optional(),
  contextTokens: z
    .int()
    .min(1)
    .optional()
    .describe('Tokens of question, history, tools and answer together.'),
  inputPrice: price.describe('Of a million tokens that the model reads.'),
  cachedInputPrice: price.describe('Of a million tokens that the provider had cached.'),
  outputPrice: price.describe('Of a million tokens that the model writes.'),
  fallbackModel: reference.optional().describe('Another model, which answers when this cannot.'),
  redact: z
    .boolean()
    .optional()
    .describe('Whether personal data and secrets are replaced in what the model is sent.'),
  entraTenantId: plainText(MAX_ENTRA_ID_CHARACTERS)
    .optional()
    .describe('Azure OpenAI with Microsoft Entra ID in place of a key: the tenant.'),
  entraClientId: plainText(MAX_ENTRA_ID_CHARACTERS)
    .optional()
    .describe('The application in that tenant; the secret is in the secrets group.')
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

const systemPromptExample = {
  name: 'Default',
  status: 'Approved',
  text: 'You help network engineers. Answer briefly.'
}

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
      // Whatever is kept is shown.
      parameters: parameterRecord.optional(),
      secretsGroup: referenceView,
      systemPrompt: referenceView,
      mcpServers: referenceViews,
      fallbackModel: referenceView,
      probe: probeSchema.optional().describe('The last probe, while the model is what it was.'),
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
          mcpServers: [{ id: '9a4f0b55-2f0c-4b0e-8f1d-7e3a3d1c2b10', name: 'Tickets' }],
          verifyTls: true,
          timeoutSeconds: 120,
          contextTokens: 400_000,
          inputPrice: 0.25,
          cachedInputPrice: 0.025,
          outputPrice: 2,
          fallbackModel: null,
          redact: false,
          entraTenantId: '',
          entraClientId: '',
          ...stamps,
          page: `${pages}/llm-models/0d6b2d5e-6c0f-4c86-8f6d-0f6e3f3b7a10/`
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
