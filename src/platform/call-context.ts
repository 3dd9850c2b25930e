/** What travels down with every piece of work: how to cancel it, and the id that finds it in every log. */
export interface CallContext {
  readonly signal: AbortSignal
  /** Sent to Nautobot and MCP servers as `X-Request-ID`; comes back to the client under the same name. */
  readonly correlationId: string
}
