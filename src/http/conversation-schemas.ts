import { z } from 'zod'
import { claimsSchema } from './claim-schemas.ts'
import { plainText } from './plain-text.ts'
import { idSchema } from './schemas.ts'

const MAX_TITLE_CHARACTERS = 120
const MAX_SEARCH_CHARACTERS = 100
const MAX_CURSOR_CHARACTERS = 128
const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 30

const timestamp = z.string().meta({ format: 'date-time' })
const isNotBlank = (text: string) => text.trim() !== ''

const EXAMPLE = {
  id: '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e',
  title: 'How many devices are at AMS01?',
  createdAt: '2026-03-01T09:00:00.000Z',
  updatedAt: '2026-03-01T09:04:12.512Z'
}

export const conversationParamsSchema = z.object({ id: idSchema })

export const conversationQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  cursor: z
    .string()
    .min(1, 'is empty')
    .max(MAX_CURSOR_CHARACTERS)
    .optional()
    .describe('`nextCursor` of the page before.'),
  search: plainText(MAX_SEARCH_CHARACTERS)
    .min(1, 'is empty')
    .optional()
    .describe('Part of the title; case does not matter.')
})

const branchSchema = z.strictObject({
  at: idSchema
    .optional()
    .describe(
      'Id of a question: of the branches that go through it, the one asked last. Without it, the one asked last of all.'
    )
})

export const readQuerySchema = branchSchema

export const exportQuerySchema = branchSchema.extend({
  format: z.enum(['markdown', 'json']).default('markdown')
})

export const conversationSummarySchema = z
  .object({
    id: idSchema,
    title: z.string().describe('The beginning of the first question, until it is renamed.'),
    createdAt: timestamp,
    updatedAt: timestamp.describe('When the newest question was asked.'),
    runId: idSchema.optional().describe('The run that answers in it now.')
  })
  .meta({ id: 'ConversationSummary', examples: [EXAMPLE] })

export const conversationListSchema = z
  .object({
    conversations: z.array(conversationSummarySchema),
    nextCursor: z.string().optional().describe('Absent on the last page.')
  })
  .meta({
    id: 'ConversationList',
    examples: [{ conversations: [EXAMPLE], nextCursor: 'MTc3MjM1NTg1MjUxMjo1YjBj' }]
  })

const toolCallSchema = z
  .object({
    toolCallId: z.string(),
    name: z.string(),
    arguments: z.unknown(),
    result: z
      .string()
      .optional()
      .describe('What the model read; absent when the run ended before.'),
    isError: z.boolean().optional()
  })
  .meta({ id: 'ConversationToolCall' })

const messageSchema = z
  .object({
    id: z.string(),
    role: z.enum(['user', 'assistant']),
    text: z.string().describe('A question as it was typed, or Markdown of an answer.'),
    incomplete: z.literal(true).optional().describe('Cut short by a stop or a failure.'),
    claims: claimsSchema.optional(),
    toolCalls: z.array(toolCallSchema).optional(),
    summary: z
      .string()
      .optional()
      .describe('What the model read from here on in place of what was said before.'),
    versions: z
      .array(z.string())
      .optional()
      .describe(
        'Of a question that was asked anew: the ids of all that were asked in its place, in order of asking.'
      )
  })
  .meta({ id: 'ConversationMessage' })

const chosenSchema = z.object({ id: z.string(), name: z.string().describe('As it was then.') })

const choiceSchema = z
  .object({
    model: chosenSchema.optional().describe('Absent: the default one.'),
    mcpServers: z
      .array(chosenSchema)
      .optional()
      .describe('Absent: those of the model; empty: none beside Nautobot.')
  })
  .meta({
    id: 'ConversationChoice',
    description: 'What was chosen with a question, for the next ones that choose nothing.'
  })

export const conversationSchema = z
  .object({
    ...conversationSummarySchema.shape,
    choice: choiceSchema,
    messages: z.array(messageSchema)
  })
  .meta({
    id: 'Conversation',
    examples: [
      {
        ...EXAMPLE,
        choice: {
          mcpServers: [{ id: '9a4f0b55-2f0c-4b0e-8f1d-7e3a3d1c2b10', name: 'Tickets' }]
        },
        messages: [
          { id: 'm1', role: 'user', text: 'How many devices are at AMS01?' },
          {
            id: 'm2',
            role: 'assistant',
            text: '',
            toolCalls: [
              {
                toolCallId: 'call_1',
                name: 'count',
                arguments: { model: 'dcim.device', filters: { location: ['AMS01'] } },
                result: '{"model":"dcim.device","count":12}',
                isError: false
              }
            ]
          },
          { id: 'm3', role: 'assistant', text: 'There are **12** devices at AMS01.' }
        ]
      }
    ]
  })

export const renameSchema = z
  .strictObject({
    title: plainText(MAX_TITLE_CHARACTERS).refine(isNotBlank, 'is empty').meta({ minLength: 1 })
  })
  .meta({ id: 'RenameConversation', examples: [{ title: 'Devices at AMS01' }] })

export const markdownSchema = z.string().meta({
  examples: ['# How many devices are at AMS01?\n\n## Question\n\nHow many devices are at AMS01?\n']
})

export const deletedSchema = z
  .object({ deleted: z.int().nonnegative().describe('How many there were.') })
  .meta({ id: 'DeletedConversations', examples: [{ deleted: 3 }] })
