import { z } from 'zod'
import {
  MAX_FIELD_NAME_CHARACTERS,
  MAX_FIELDS,
  MAX_OPTIONS,
  MAX_TEXT_CHARACTERS,
  TEXT_FORMATS
} from '../elicitation.ts'

const text = z.string().max(MAX_TEXT_CHARACTERS * 2, 'is too long')

const fieldSchema = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string().optional(),
    isRequired: z.boolean(),
    kind: z.enum(['text', 'number', 'boolean', 'choice', 'choices']),
    format: z.enum(TEXT_FORMATS).optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    isInteger: z.boolean().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    options: z
      .array(z.object({ value: z.string(), label: z.string() }))
      .readonly()
      .optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    default: z
      .union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()])
      .optional()
  })
  .meta({ id: 'FormField', description: 'Which of the limits there are depends on `kind`.' })

export const elicitationSchema = z
  .object({
    elicitationId: z.string(),
    toolCallId: z.string(),
    server: z.string().describe('Who asks. It is not Nautobot.'),
    tool: z.string(),
    message: z.string().describe("In the server's own words."),
    fields: z.array(fieldSchema).readonly(),
    lapsesAt: z
      .string()
      .meta({ format: 'date-time' })
      .describe('Unanswered until then, it is cancelled.')
  })
  .meta({ id: 'Elicitation', description: 'A form that an MCP server asks you to fill in.' })

const valueSchema = z.union([text, z.number(), z.boolean(), z.array(text).max(MAX_OPTIONS)])

export const elicitationAnswerSchema = z
  .strictObject({
    action: z
      .enum(['accept', 'decline', 'cancel'])
      .describe('`decline`: you do not want to say; `cancel`: you do not want to decide now.'),
    content: z
      .record(z.string().max(MAX_FIELD_NAME_CHARACTERS), valueSchema)
      .refine((values) => Object.keys(values).length <= MAX_FIELDS, 'has too many fields')
      .optional()
      .describe('With `accept`: the values, by the names of the fields.')
  })
  .refine(({ action, content }) => (action === 'accept') === (content !== undefined), {
    message: 'belongs to `accept`, and to nothing else',
    path: ['content']
  })
  .meta({
    id: 'ElicitationAnswer',
    examples: [{ action: 'accept', content: { site: 'AMS01' } }, { action: 'decline' }]
  })
