import type { ToolResult } from '../tool-server.ts'

/** A tool call the model asked for. */
export interface PlannedCall {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** The model's arguments when they were not JSON: the call is answered with that, not made. */
  readonly malformed?: string
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
  | { readonly kind: 'answered'; readonly usage: TokenUsage }
  | { readonly kind: 'gap'; readonly sentence: string }

export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
}
