import { z } from 'zod'
import { PROBE_REASONS } from '../llm/probe-finding.ts'
import type { ProbeOutcome } from '../llm/probe-records.ts'

const MAX_NOTICES = 20

/** What came of probing an LLM model. */
export const probeSchema = z
  .object({
    ok: z.boolean(),
    reason: z.enum(PROBE_REASONS).describe('What is wrong, for programs; `ok` otherwise.'),
    sentence: z.string().describe('What is wrong, and what to look at, for people.'),
    latencyMs: z.int().describe('Until the first piece of the answer, or until it failed.'),
    at: z.iso.datetime(),
    notices: z
      .array(z.string())
      .max(MAX_NOTICES)
      .describe(
        'Parameters that are not sent as they are written, since the model does not take them.'
      )
  })
  .meta({
    id: 'ModelProbe',
    examples: [
      {
        ok: false,
        reason: 'deployment',
        sentence: 'The Azure resource has no deployment "gpt-5-mini".',
        latencyMs: 212,
        at: '2026-03-01T09:00:00.000Z',
        notices: []
      }
    ]
  })

export function toProbeBody({
  at,
  notices,
  ...outcome
}: ProbeOutcome): z.input<typeof probeSchema> {
  return {
    ...outcome,
    at: new Date(at).toISOString(),
    notices: notices.slice(0, MAX_NOTICES)
  }
}
