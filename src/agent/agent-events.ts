import type { ErrorBody } from '../errors.ts'
import type { ProofLink } from '../tool-server.ts'

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
  | { readonly type: 'CUSTOM'; readonly name: 'tool_call'; readonly value: ToolCallNote }
  | { readonly type: 'CUSTOM'; readonly name: 'footer'; readonly value: Footer }
  | {
      readonly type: 'CUSTOM'
      readonly name: 'stopped'
      readonly value: { readonly runId: string }
    }
  | { readonly type: 'CUSTOM'; readonly name: 'error'; readonly value: ErrorBody['error'] }

/** The run waits for its turn. Sent whenever its place changes, at most once a second. */
export interface QueuedNote {
  /** 1 is next. */
  readonly place: number
}

/** Which model answers, and whether it is the embedded rule-based one. Sent when the run's turn has come. */
export interface ModelNote {
  readonly name: string
  readonly isLab: boolean
}

/** Facts about a finished tool call. Sent right after its TOOL_CALL_RESULT. */
export interface ToolCallNote {
  readonly toolCallId: string
  readonly server: string
  readonly isError: boolean
  readonly durationMs: number
  readonly rows?: number
  readonly links: readonly ProofLink[]
  /** What the result does not show, as sentences for the footer; absent when there are none. */
  readonly gaps?: readonly string[]
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
  readonly durationMs: number
}
