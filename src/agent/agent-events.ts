import type { ClaimNote } from '../conversations/claim-note.ts'
import type { Elicitation } from '../elicitation.ts'
import type { ErrorBody } from '../errors.ts'
import type { ProofLink, ToolProgress } from '../tool-server.ts'

/**
 * What happens in a run, in the vocabulary of AG-UI 1.0 (`@ag-ui/core`), so existing clients can attach.
 * Our additions are CUSTOM events. A test parses every one with AG-UI's own schemas.
 */
export type AgentEvent =
  | { readonly type: 'RUN_STARTED'; readonly threadId: string; readonly runId: string }
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' }
  | { readonly type: 'TEXT_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TEXT_MESSAGE_END'; readonly messageId: string }
  | {
      readonly type: 'TOOL_CALL_START'
      readonly toolCallId: string
      readonly toolCallName: string
      readonly parentMessageId?: string
    }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_END'; readonly toolCallId: string }
  | {
      readonly type: 'TOOL_CALL_RESULT'
      readonly messageId: string
      readonly toolCallId: string
      readonly content: string
      readonly role: 'tool'
    }
  /** Everything that was said, instead of what a reader has put together so far: another replica went on, or the log was cut. */
  | { readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: readonly SnapshotMessage[] }
  | CustomEvent
  | {
      readonly type: 'RUN_FINISHED'
      readonly threadId: string
      readonly runId: string
      /** Of a stopped run: AG-UI's clients would answer its open tool calls themselves otherwise. */
      readonly outcome?: { readonly type: 'cancelled' }
    }
  | { readonly type: 'RUN_ERROR'; readonly message: string; readonly code: string }

/** A message as AG-UI writes it. The newest one of role `user` is the question that is being answered. */
export type SnapshotMessage =
  | { readonly id: string; readonly role: 'user'; readonly content: string }
  | {
      readonly id: string
      readonly role: 'assistant'
      readonly content: string
      readonly toolCalls?: readonly SnapshotCall[]
    }
  | {
      readonly id: string
      readonly role: 'tool'
      readonly toolCallId: string
      readonly content: string
    }

export interface SnapshotCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export type CustomEvent =
  | { readonly type: 'CUSTOM'; readonly name: 'queued'; readonly value: QueuedNote }
  | {
      readonly type: 'CUSTOM'
      readonly name: 'log_cut'
      readonly value: { readonly runId: string }
    }
  | { readonly type: 'CUSTOM'; readonly name: 'model'; readonly value: ModelNote }
  | { readonly type: 'CUSTOM'; readonly name: 'retrying'; readonly value: RetryNote }
  | { readonly type: 'CUSTOM'; readonly name: 'model_call'; readonly value: ModelCallNote }
  | { readonly type: 'CUSTOM'; readonly name: 'tool_call'; readonly value: ToolCallNote }
  | { readonly type: 'CUSTOM'; readonly name: 'tool_progress'; readonly value: ToolProgressNote }
  | { readonly type: 'CUSTOM'; readonly name: 'compacted'; readonly value: CompactedNote }
  | { readonly type: 'CUSTOM'; readonly name: 'gap'; readonly value: GapNote }
  | ApprovalRequested
  | {
      readonly type: 'CUSTOM'
      readonly name: 'approval_decided'
      readonly value: ApprovalDecision
    }
  | {
      readonly type: 'CUSTOM'
      readonly name: 'elicitation_requested'
      readonly value: ElicitationRequest
    }
  | {
      readonly type: 'CUSTOM'
      readonly name: 'elicitation_closed'
      readonly value: ElicitationClosed
    }
  | { readonly type: 'CUSTOM'; readonly name: 'claims'; readonly value: AnswerClaims }
  | { readonly type: 'CUSTOM'; readonly name: 'footer'; readonly value: Footer }
  | {
      readonly type: 'CUSTOM'
      readonly name: 'stopped'
      readonly value: { readonly runId: string }
    }
  | { readonly type: 'CUSTOM'; readonly name: 'error'; readonly value: ErrorBody['error'] }

/** What the answer will not show, as soon as it is known: the footer of a later attempt says it, too. */
export interface GapNote {
  readonly sentence: string
}

/** The run waits for a person. The last event of its attempt: it goes on when every action is decided. */
export interface ApprovalRequested {
  readonly type: 'CUSTOM'
  readonly name: 'approval_requested'
  readonly value: ApprovalRequest
}

export interface ApprovalRequest {
  readonly actions: readonly ApprovalAction[]
  /** ISO 8601: then the run ends, with none of them carried out. */
  readonly lapsesAt: string
}

/** A tool call that may have effects, as it will be made. */
export interface ApprovalAction {
  readonly toolCallId: string
  readonly name: string
  readonly server: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Of these arguments, the tool and its server: an approval is for nothing else. */
  readonly hash: string
}

/** Sent when a person has decided on one action. */
export interface ApprovalDecision {
  readonly toolCallId: string
  readonly decision: 'approve' | 'reject'
  /** In the person's own words; the model reads it. */
  readonly reason?: string
  /** Of the action that they were shown. */
  readonly hash: string
  /** ISO 8601. */
  readonly decidedAt: string
}

/** A tool server asks the person who asked, in the middle of a call. The run goes on waiting for its result. */
export interface ElicitationRequest extends Elicitation {
  readonly elicitationId: string
  readonly toolCallId: string
  /** ISO 8601: unanswered until then, it is cancelled. */
  readonly lapsesAt: string
}

/** Nothing can be answered any more. What was answered is known to the tool server alone. */
export interface ElicitationClosed {
  readonly elicitationId: string
  readonly outcome: 'accepted' | 'declined' | 'cancelled' | 'lapsed'
}

/** The run waits for its turn. Sent whenever its place changes, at most once a second. */
export interface QueuedNote {
  /** 1 is next. */
  readonly place: number
}

/**
 * Which model answers, and whether it is the embedded rule-based one. Sent when the run's turn has come, and again when
 * another model stands in.
 */
export interface ModelNote {
  readonly name: string
  readonly isLab: boolean
  /** The administrator's system prompt it answers under, and which version of its text. */
  readonly prompt?: { readonly name: string; readonly version: string }
  /** The model that could not answer; `reason` follows its name in a sentence. */
  readonly insteadOf?: { readonly name: string; readonly reason: string }
}

/** The model could not answer and is asked again: told when the wait begins and when it is over. `reason` follows its name in a sentence: "is busy". */
export interface RetryNote {
  readonly model: string
  readonly reason: string
  /** Until then; 0: now. */
  readonly seconds: number
}

/** What one call of the model took. Sent when its answer is complete. */
export interface ModelCallNote {
  /** 1 is the first of the run, whatever attempt made it. */
  readonly number: number
  readonly model: string
  /** Cached ones included. */
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  /** In the currency of the model's prices; absent where it has none. */
  readonly cost?: number
  readonly durationMs: number
}

/** Facts about a finished tool call. Sent right after its TOOL_CALL_RESULT. */
export interface ToolCallNote {
  readonly toolCallId: string
  readonly server: string
  readonly isError: boolean
  readonly durationMs: number
  readonly rows?: number
  /** Of the result, as UTF-8. */
  readonly bytes?: number
  readonly links: readonly ProofLink[]
  /** The `number` of the model call that asked for it. */
  readonly modelCall?: number
  /** What the result does not show, as sentences for the footer; absent when there are none. */
  readonly gaps?: readonly string[]
}

/** How far a call has come that still runs; the newest one counts. Never after its TOOL_CALL_RESULT. */
export interface ToolProgressNote extends ToolProgress {
  readonly toolCallId: string
}

/** From now on the model reads a summary in place of the oldest part of the conversation. Nothing was deleted. */
export interface CompactedNote {
  readonly messageId: string
  /** That the summary stands for. */
  readonly messages: number
  readonly summary: string
}

/** The claims of the answer's last text. Sent once, before the footer; not for an answer that states nothing. */
export interface AnswerClaims extends ClaimNote {
  readonly messageId: string
}

/** What was seen and what was not; from facts only. Sent once, before the terminal event of every run. */
export interface Footer {
  /** Proof links of the run's tool results, at most 20. */
  readonly evidence: readonly ProofLink[]
  /** Sentences about what was not seen: servers down, results cut, rights missing, limits hit. */
  readonly gaps: readonly string[]
  readonly usage: Usage
  /** The text was cut short by a stop or a failure. */
  readonly incomplete: boolean
}

export interface Usage {
  readonly modelCalls: number
  readonly toolCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** In the currency of the models' prices; absent where they have none. */
  readonly cost?: number
  readonly durationMs: number
}
