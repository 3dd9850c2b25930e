import { z } from 'zod'
import type { RecordKind, Records } from '../platform/records.ts'
import { PROBE_REASONS, type ProbeFinding } from './probe-finding.ts'

/** What came of a probe. */
export interface ProbeOutcome extends ProbeFinding {
  readonly ok: boolean
  /** Until the first piece of the answer, or until it failed. */
  readonly latencyMs: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** What is not sent as the administrator wrote it. */
  readonly notices: readonly string[]
}

/** An outcome, and what of the model it holds for. */
export interface ProbeRecord {
  readonly fingerprint: string
  readonly outcome: ProbeOutcome
}

/** The last outcome for each model, for a week. */
export type ProbeRecords = Records<ProbeRecord>

const recordSchema = z.object({
  fingerprint: z.string(),
  outcome: z.object({
    ok: z.boolean(),
    reason: z.enum(PROBE_REASONS),
    sentence: z.string(),
    latencyMs: z.number(),
    at: z.number(),
    notices: z.array(z.string())
  })
})

export const PROBE_RECORDS: RecordKind<ProbeRecord> = {
  name: 'probe',
  keepSeconds: 7 * 86_400,
  parse: (value) => recordSchema.parse(value)
}
