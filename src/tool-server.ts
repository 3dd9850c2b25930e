import type { CallContext } from './platform/call-context.ts'

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

/** The tools of one run, leased from their servers. */
export interface ToolSet {
  readonly tools: readonly ToolDefinition[]
  readonly unavailable: readonly UnavailableServer[]
  /**
   * Runs one call. Never throws but for `context.signal`'s abort: an unknown tool, invalid arguments, a
   * dead server are results with `isError`.
   */
  call(name: string, args: unknown, context: CallContext): Promise<ToolResult>
  /** Gives connections back. Harmless when called twice. */
  release(): Promise<void>
}
