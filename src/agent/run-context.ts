import type { Caller } from '../auth/caller.ts'
import type { ToolResult, ToolSet } from '../tool-server.ts'
import type { AgentObserver } from './agent-observer.ts'
import type { AgentSpans } from './agent-spans.ts'
import type { Decisions } from './approvals.ts'
import type { CallGuard } from './call-guard.ts'
import type { ElicitationDesk } from './elicitations.ts'
import type { ModelChain } from './model-chain.ts'
import type { Patience } from './model-patience.ts'
import type { Prompting } from './prompting.ts'
import type { RunDeadline } from './run-deadline.ts'
import type { AgentLimits, RunUse } from './run-limits.ts'
import type { ToolSearch } from './tool-search.ts'

/** What one run brings along. The graph itself is made once per process. A type, as LangGraph wants an index signature. */
export type RunContext = {
  readonly runId: string
  /** 1, and one more each time another replica goes on. */
  readonly attempt: number
  /** Results that readers have seen in earlier attempts, by call. */
  readonly earlierResults: ReadonlyMap<string, ToolResult>
  /** Who asked. */
  readonly user: Pick<Caller, 'id' | 'username'>
  /** On calls that waited for a person. */
  readonly decisions: Decisions
  /** Notes that a call with effects begins; false when an earlier attempt began it. */
  readonly beginCall: (callId: string) => Promise<boolean>
  /** Where the asker answers tool servers; undefined when they cannot. */
  readonly desk: ElicitationDesk | undefined
  readonly correlationId: string
  readonly prompting: Prompting
  readonly models: ModelChain
  readonly patience: Patience
  readonly tools: ToolSet
  /** Between the model and `tools`. */
  readonly search: ToolSearch
  readonly guard: CallGuard
  readonly limits: AgentLimits
  readonly observer: AgentObserver
  readonly spans: AgentSpans
  readonly signal: AbortSignal
  readonly used: RunUse
  readonly deadline: RunDeadline
}
