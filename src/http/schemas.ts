import { z } from 'zod'
import { ERROR_KINDS, type ErrorCode } from '../errors.ts'
import { RUN_STATES } from '../runs/run.ts'
import { approvalSchema } from './approval-schemas.ts'
import { claimsSchema } from './claim-schemas.ts'
import { elicitationSchema } from './elicitation-schemas.ts'
import { plainText } from './plain-text.ts'
import { probeSchema } from './probe-body.ts'
import {
  modelCallSchema,
  promptVersionSchema,
  recipesSchema,
  standInSchema
} from './why-schemas.ts'

/**
 * Shapes that several routes share. Conventions: requests are strict (an unknown field is refused), answers are
 * descriptive (never checked at run time; tests parse them), `.meta({id})` makes a component of the document.
 */

export const MAX_MESSAGE_CHARACTERS = 32_000
const MAX_NAME_CHARACTERS = 255
const MAX_CHOSEN_SERVERS = 32

// Invisible, and a way to smuggle; tabs and line ends are what people type.

const nonEmpty = (text: string) => text.trim() !== ''

export const idSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id of this service')
  .meta({ examples: ['5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e'] })

const count = z.int().nonnegative()
const timestamp = z.string().meta({ format: 'date-time' })
const nameOrId = plainText(MAX_NAME_CHARACTERS).refine(nonEmpty, 'is empty')

const errorContentSchema = z
  .object({
    code: z.enum(Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]]).meta({
      id: 'ErrorCode',
      description: 'What happened; the contract. `openapi/errors.md` explains every code.'
    }),
    message: z.string().describe('A sentence for people; may change.'),
    retryable: z.boolean().describe('Whether the same request may succeed later.'),
    details: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('What a program needs to act: `fields`, `runId`, `retryAfterSeconds`, …')
  })
  .meta({ id: 'ErrorContent' })

/** The body of every failure. */
export const errorSchema = z.object({ error: errorContentSchema }).meta({
  id: 'Error',
  examples: [
    {
      error: {
        code: 'INVALID_REQUEST',
        message: 'message: is empty.',
        retryable: false,
        details: { fields: [{ path: 'message', message: 'is empty' }] }
      }
    }
  ]
})

const proofLinkSchema = z
  .object({ label: z.string(), url: z.url() })
  .meta({ id: 'ProofLink', description: 'A page of Nautobot that shows the same.' })

const usageSchema = z
  .object({
    modelCalls: count,
    toolCalls: count,
    inputTokens: count,
    outputTokens: count,
    cost: z.number().nonnegative().optional(),
    durationMs: z.number()
  })
  .meta({ id: 'Usage' })

const toolProgressSchema = z
  .object({
    progress: z.number().nonnegative(),
    total: z.number().positive().optional(),
    message: z.string().optional().describe('One line, in the words of the server.')
  })
  .meta({ id: 'ToolProgress' })

const stepSchema = z
  .object({
    toolCallId: z.string(),
    name: z.string(),
    server: z.string().optional(),
    arguments: z.unknown(),
    progress: toolProgressSchema
      .optional()
      .describe('How far the call has come, where its server tells; absent when it has ended.'),
    result: z.string().optional().describe('What the model read; absent while the call runs.'),
    isError: z.boolean().optional(),
    rows: count.optional(),
    bytes: count.optional().describe('Of the result, as UTF-8.'),
    links: z.array(proofLinkSchema).readonly(),
    recipes: recipesSchema.optional(),
    durationMs: z.number().optional(),
    modelCall: count
      .optional()
      .describe('Number of the model call that asked for it; absent while the call runs.')
  })
  .meta({ id: 'ToolCall' })

const footerSchema = z.object({
  evidence: z.array(proofLinkSchema),
  gaps: z
    .array(z.string())
    .describe('What could not be seen: servers down, lists cut, rights missing.'),
  usage: usageSchema,
  incomplete: z.boolean().describe('The text was cut short by a stop or a failure.')
})

export const runViewSchema = z
  .object({
    id: idSchema,
    conversationId: idSchema,
    state: z.enum(RUN_STATES),
    createdAt: timestamp,
    endedAt: timestamp.optional(),
    username: z.string().describe('Who asked: with their rights Nautobot was read.'),
    model: z.string().optional(),
    standIns: z.array(standInSchema).readonly(),
    prompt: promptVersionSchema.optional().describe('Absent with the built-in prompt alone.'),
    question: z.string(),
    response: z.string().describe('The text so far; complete in the state `succeeded`.'),
    steps: z.array(stepSchema),
    approvals: z.array(approvalSchema),
    elicitations: z.array(elicitationSchema).readonly(),
    modelCalls: z.array(modelCallSchema).readonly(),
    claims: claimsSchema.optional(),
    footer: footerSchema.optional(),
    error: errorContentSchema.optional()
  })
  .meta({ id: 'Run' })

export const chatRequestSchema = z
  .strictObject({
    message: plainText(MAX_MESSAGE_CHARACTERS)
      .refine(nonEmpty, 'is empty')
      .describe('The question.')
      .meta({ minLength: 1 }),
    conversationId: idSchema.optional().describe('Continues a conversation; a new one without it.'),
    replaces: idSchema
      .optional()
      .describe(
        'Id of an earlier question of the conversation: this one is asked in its place, as a branch. The old branch stays.'
      ),
    after: idSchema
      .optional()
      .describe(
        'Id of an earlier question of the conversation: this one is asked behind its answer. Without it, behind the newest.'
      ),
    model: nameOrId
      .nullable()
      .optional()
      .describe(
        'Name or id of an LLM model, for this question and the next ones of the conversation; null: the default one. Without it, what the conversation has.'
      ),
    mcpServers: z
      .array(nameOrId)
      .max(MAX_CHOSEN_SERVERS, `has more than ${MAX_CHOSEN_SERVERS} entries`)
      .nullable()
      .optional()
      .describe(
        'Names or ids of the MCP servers to use beside Nautobot, for this question and the next ones of the conversation; empty: none; null: those of the model. Without it, what the conversation has.'
      ),
    pageContext: z
      .strictObject({
        objectType: z
          .string()
          .max(MAX_NAME_CHARACTERS)
          .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'is not written like dcim.device'),
        id: z.guid('is not a UUID')
      })
      .optional()
      .describe('The Nautobot object whose page the question was asked from.'),
    canAnswer: z
      .boolean()
      .optional()
      .describe(
        'Whether you can answer forms of MCP servers (elicitations) while the run goes on. Without it they are declined.'
      )
  })
  .refine(({ replaces, after }) => replaces === undefined || after === undefined, {
    message: 'excludes `replaces`',
    path: ['after']
  })
  .refine(
    ({ conversationId, replaces, after }) => conversationId !== undefined || !(replaces ?? after),
    {
      message: 'is missing: `replaces` and `after` name a question of a conversation',
      path: ['conversationId']
    }
  )
  .meta({
    id: 'ChatRequest',
    examples: [
      { message: 'How many devices are at AMS01?' },
      {
        message: 'Which of those have no primary address?',
        conversationId: '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e',
        model: 'GPT production'
      }
    ]
  })

export const chatResponseSchema = z
  .object({
    conversationId: idSchema,
    runId: idSchema,
    state: z.enum(['succeeded', 'stopped', 'waiting']),
    model: z.string().optional(),
    response: z.string().describe('The answer, in Markdown.'),
    toolCalls: z.array(stepSchema),
    approvals: z
      .array(approvalSchema)
      .describe('In the state `waiting`: what `POST /api/v1/runs/{runId}/approvals` decides.'),
    claims: claimsSchema.optional(),
    evidence: footerSchema.shape.evidence,
    gaps: footerSchema.shape.gaps,
    usage: usageSchema.optional()
  })
  .meta({
    id: 'ChatResponse',
    examples: [
      {
        conversationId: '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e',
        runId: '0e0f6a51-7a3d-4a5e-8f0c-7a4a4f5d4b11',
        state: 'succeeded',
        model: 'GPT production',
        response: 'There are **12** devices at AMS01.',
        toolCalls: [
          {
            toolCallId: 'call_1',
            name: 'count',
            server: 'nautobot',
            arguments: { model: 'dcim.device', filters: { location: ['AMS01'] } },
            result: '{"model":"dcim.device","count":12}',
            isError: false,
            links: [],
            durationMs: 41
          }
        ],
        approvals: [],
        evidence: [
          {
            label: 'Devices: 12',
            url: 'https://nautobot.example.com/dcim/devices/?location=AMS01&clear_view=true'
          }
        ],
        gaps: [],
        usage: {
          modelCalls: 2,
          toolCalls: 1,
          inputTokens: 812,
          outputTokens: 64,
          durationMs: 1430
        }
      }
    ]
  })

export const chatOptionsSchema = z
  .object({
    version: z.string(),
    environment: z.enum(['LAB', 'NONPROD', 'PROD']),
    identity: z.object({ username: z.string() }),
    models: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        provider: z.string(),
        isDefault: z.boolean(),
        isLab: z.boolean().describe('The embedded rule-based model, not a language model.'),
        status: z.string(),
        mcpServers: z
          .array(z.string())
          .optional()
          .describe(
            'Ids of the servers below that a conversation with the model begins with; absent: all of them.'
          ),
        probe: probeSchema.optional().describe('The last probe, while the model is what it was.')
      })
    ),
    mcpServers: z.array(z.object({ id: z.string(), name: z.string(), status: z.string() }))
  })
  .meta({ id: 'ChatOptions' })
