/** A model or server that somebody chose, by the name that it had then. */
export interface Chosen {
  readonly id: string
  readonly name: string
}

/** What was chosen for a conversation: it holds for every question until another choice. */
export interface ConversationChoice {
  /** Undefined: the default model. */
  readonly model?: Chosen | undefined
  /** Undefined: those of the model; none: no MCP server at all. */
  readonly mcpServers?: readonly Chosen[] | undefined
}

/** As it is kept; empty when nothing was chosen. */
export function encodeChoice({ model, mcpServers }: ConversationChoice): string {
  return model || mcpServers ? JSON.stringify({ model, mcpServers }) : ''
}

export function decodeChoice(kept: string): ConversationChoice {
  return kept === '' ? {} : JSON.parse(kept)
}
