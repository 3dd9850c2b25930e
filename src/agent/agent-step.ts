import type { ToolResult } from '../tool-server.ts'
import type { AnswerClaims, ApprovalAction, CustomEvent, SnapshotMessage } from './agent-events.ts'
import type { Prices, TokenUsage } from './model-cost.ts'

/** A tool call the model asked for. */
export interface PlannedCall {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** The model's arguments when they were not JSON: the call is answered with that, not made. */
  readonly malformed?: string
  /** What a person was shown when they approved the call. */
  readonly approvedHash?: string
}

/** What the graph's nodes report as it happens; translated to AG-UI in `agent-stream.ts` alone. */
export type AgentStep =
  | { readonly kind: 'text'; readonly messageId: string; readonly delta: string }
  | { readonly kind: 'calls'; readonly messageId: string; readonly calls: readonly PlannedCall[] }
  | {
      readonly kind: 'result'
      readonly call: PlannedCall
      readonly server: string
      readonly result: ToolResult
      readonly durationMs: number
    }
  | {
      readonly kind: 'answered'
      readonly usage: TokenUsage
      readonly model: CalledModel
      readonly durationMs: number
    }
  /** An answer that is not used, and was counted by its provider all the same. */
  | {
      readonly kind: 'spent'
      readonly usage: TokenUsage
      readonly model: CalledModel
      readonly durationMs: number
    }
  | { readonly kind: 'claims'; readonly claims: AnswerClaims }
  | { readonly kind: 'gap'; readonly sentence: string }
  /** Said to readers as it is. */
  | { readonly kind: 'told'; readonly event: CustomEvent }
  /** An answer begins anew: what was shown of it gives way to what is stored. */
  | { readonly kind: 'restarted'; readonly messages: readonly SnapshotMessage[] }
  /** The last step of a run that waits for a person. */
  | { readonly kind: 'approval'; readonly actions: readonly ApprovalAction[] }

/** Takes steps in as they happen. */
export type Writer = (step: AgentStep) => void

/** A model that answered, and what it takes. */
export type CalledModel = Prices & { readonly name: string }
