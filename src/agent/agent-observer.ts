import type { AppError } from '../errors.ts'
import type { TokenUsage } from './model-cost.ts'

/** Hears of every call, for metrics and the log; must not throw. */
export interface AgentObserver {
  modelCalled(call: ObservedModelCall): void
  toolCalled(call: ObservedToolCall): void
  /** A model could not answer and is asked again, or `standIn` is asked instead. A run that fails is told elsewhere. */
  modelFailed(
    failure: AppError,
    then: { readonly correlationId: string; readonly standIn?: string }
  ): void
  /** A call that was made, also one that was aborted. */
  toolAudited?(call: CalledTool): void
}

export interface ObservedModelCall {
  /** The model's, as an administrator named it. */
  readonly name: string
  /** ok, an error's code, or stopped. */
  readonly outcome: string
  readonly durationMs: number
  readonly usage: TokenUsage
  /** Until the first piece of text or of a call; undefined when none came. */
  readonly firstPieceMs: number | undefined
}

export interface ObservedToolCall {
  readonly tool: string
  /** Undefined when there is no such tool: its name is a model's invention. */
  readonly server: string | undefined
  readonly isError: boolean
  readonly durationMs: number
}

/** A call that reached its server, for the audit: no arguments, no result. */
export interface CalledTool {
  readonly userId: string
  readonly user: string
  readonly runId: string
  readonly correlationId: string
  readonly toolCallId: string
  readonly tool: string
  readonly server: string
  readonly outcome: 'ok' | 'error' | 'aborted'
  readonly durationMs: number
}
