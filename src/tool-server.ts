import type { Elicit } from './elicitation.ts'
import type { CallContext } from './platform/call-context.ts'

/** The agent's own tool server, for people and metrics. */
export const AGENT_TOOL_SERVER = 'AI Ops'
export const READ_RESULT = 'read_result'
export const SEARCH_TOOLS = 'search_tools'
export const CALL_TOOL = 'call_tool'
/** Names that no tool server may give. */
export const AGENT_TOOLS: readonly string[] = [READ_RESULT, SEARCH_TOOLS, CALL_TOOL]

/** One tool as the model sees it. */
export interface ToolDefinition {
  /** Unique among the tools of a run, `^[a-zA-Z0-9_-]{1,64}$`. */
  readonly name: string
  readonly description: string
  /** JSON Schema of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  /** Name of the tool server, for people. */
  readonly server: string
  /** Known to have no effects, by our own word or an administrator's, never by a server's own hint. */
  readonly readOnly: boolean
  /** Changes with the place that answers its calls; absent for built-in tools. */
  readonly origin?: string
}

/** A page of Nautobot that shows the same as (part of) a tool result. */
export interface ProofLink {
  readonly label: string
  readonly url: string
}

/** What came of a call. A failed call is a result too: the model and the user are told, the run goes on. */
export interface ToolResult {
  readonly isError: boolean
  /** What the model reads; at most the caller's byte limit, cut with a sentence that says so. */
  readonly text: string
  readonly links: readonly ProofLink[]
  /** Pages of further objects in the result, for links where an answer names one. */
  readonly objects?: readonly ProofLink[]
  /** Rows or objects in the result, when it is a list. */
  readonly rows?: number
  /** Sentences about what the result does not show: cut lists, missing rights, unreachable servers. */
  readonly gaps: readonly string[]
}

/** A tool server that could not be asked, said in the footer. */
export interface UnavailableServer {
  readonly server: string
  readonly reason: string
}

/** How far a call has come, in its server's words: data, for people alone. */
export interface ToolProgress {
  readonly progress: number
  /** At least `progress`; absent where the server does not know it. */
  readonly total?: number
  /** One line. */
  readonly message?: string
}

/** One call of a tool. */
export interface ToolContext extends CallContext {
  /** Asks whoever made the call; absent where nobody can be asked. */
  readonly onElicit?: Elicit
  /** Called while the call runs, seldom and never after it has ended; must not throw. */
  readonly onProgress?: (progress: ToolProgress) => void
}

/** The tools of one run, leased from their servers. */
export interface ToolSet {
  readonly tools: readonly ToolDefinition[]
  readonly unavailable: readonly UnavailableServer[]
  /**
   * Runs one call. Never throws but for `context.signal`'s abort: an unknown tool, invalid arguments, a
   * dead server are results with `isError`.
   */
  call(name: string, args: unknown, context: ToolContext): Promise<ToolResult>
  /** Gives connections back. Harmless when called twice. */
  release(): Promise<void>
}
