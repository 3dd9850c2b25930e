import type { ChatView } from './chat-view.ts'

/** What the pickers show: what was picked here, else what the conversation has, else the defaults. */
export function shownChoice({ options, kept, model, servers }: ChatView) {
  const models = options?.models ?? []
  const wanted = model ?? kept.model?.id
  const shown =
    models.find(({ id }) => id === wanted) ?? models.find(({ isDefault }) => isDefault) ?? models[0]
  const all = (options?.mcpServers ?? []).map(({ id }) => id)
  const standard = shown?.mcpServers ?? all
  const chosen =
    (servers === undefined ? kept.mcpServers?.map(({ id }) => id) : servers) ?? standard
  return {
    model: shown?.id,
    /** Whether the model names its servers. */
    hasOwn: shown?.mcpServers !== undefined,
    standard,
    servers: all.filter((id) => chosen.includes(id))
  }
}

export const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((id) => others.includes(id))
