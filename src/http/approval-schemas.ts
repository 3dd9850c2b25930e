import { z } from 'zod'
import { DECISIONS } from '../runs/run.ts'
import { plainText } from './plain-text.ts'

const MAX_ID_CHARACTERS = 255
const MAX_REASON_CHARACTERS = 500
const MAX_DECISIONS = 128
const timestamp = z.string().meta({ format: 'date-time' })
const decision = z.enum(DECISIONS)

export const approvalSchema = z
  .object({
    toolCallId: z.string(),
    name: z.string(),
    server: z.string(),
    arguments: z.unknown().describe('Exactly what the tool will be called with.'),
    lapsesAt: timestamp.describe('Undecided until then, the run ends.'),
    decision: decision.optional().describe('Absent while the action waits.'),
    reason: z.string().optional(),
    decidedAt: timestamp.optional()
  })
  .meta({ id: 'Approval', description: 'A tool call that waits for your decision, or did.' })

/** The body of a decision. An action that is not named goes on waiting, and the run with it. */
export const decisionsSchema = z
  .strictObject({
    decisions: z
      .array(
        z.strictObject({
          toolCallId: z.string().min(1).max(MAX_ID_CHARACTERS),
          decision,
          reason: plainText(MAX_REASON_CHARACTERS)
            .optional()
            .describe('For the model, in your own words.')
        })
      )
      .min(1, 'is empty')
      .max(MAX_DECISIONS, `has more than ${MAX_DECISIONS} entries`)
      .refine(
        (decisions) => new Set(decisions.map((one) => one.toolCallId)).size === decisions.length,
        'names an action twice'
      )
  })
  .meta({
    id: 'Decisions',
    examples: [
      {
        decisions: [
          { toolCallId: 'call_1', decision: 'approve' },
          { toolCallId: 'call_2', decision: 'reject', reason: 'Not before the change window.' }
        ]
      }
    ]
  })
