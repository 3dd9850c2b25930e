import type { McpServer } from '../catalog/catalog.ts'

/** What the administrator says of a server's tools. */
export type ToolRules = Pick<McpServer, 'readOnlyTools' | 'approvalTools'>

/**
 * Whether a tool runs without anybody's approval, by the administrator's word and by the name that the server gives it.
 * What the server says of its own tools counts for nothing.
 */
export function mayRunUnasked(rawName: string, { readOnlyTools, approvalTools }: ToolRules) {
  return isNamedBy(readOnlyTools, rawName) && !isNamedBy(approvalTools, rawName)
}

/** Which of a server's tools there are at all; a denied one is not, whatever else is said of it. */
export type OfferRules = Pick<McpServer, 'allowedTools' | 'deniedTools'>

export function isOffered(rawName: string, { allowedTools, deniedTools }: OfferRules): boolean {
  const isAllowed = allowedTools.length === 0 || isNamedBy(allowedTools, rawName)
  return isAllowed && !isNamedBy(deniedTools, rawName)
}

/** Names, or patterns in which `*` stands for anything. */
function isNamedBy(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern.split('*'), name))
}

/** Without a regular expression: one of many stars would take its time. */
function matches([first = '', ...rest]: readonly string[], name: string): boolean {
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || name.length < first.length + last.length) return false
  if (!name.endsWith(last)) return false
  let from = first.length
  for (const part of rest) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > name.length - last.length) return false
    from = at + part.length
  }
  return true
}
