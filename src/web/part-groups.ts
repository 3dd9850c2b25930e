import type { Part, TextPart, ToolPart } from './message.ts'

export type PartGroup =
  | { readonly kind: 'text'; readonly id: string; readonly part: TextPart }
  | { readonly kind: 'tools'; readonly id: string; readonly parts: readonly ToolPart[] }

/** Neighbouring tool steps form one list. A text without words between them does not part them. */
export function groupParts(parts: readonly Part[]): readonly PartGroup[] {
  const groups: PartGroup[] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (part.kind === 'text') {
      if (hasWords(part)) groups.push({ kind: 'text', id: part.id, part })
    } else if (last?.kind === 'tools') {
      groups[groups.length - 1] = { ...last, parts: [...last.parts, part] }
    } else groups.push({ kind: 'tools', id: part.id, parts: [part] })
  }
  return groups
}

function hasWords(part: TextPart): boolean {
  return part.done.length > 0 || part.tail.trim() !== ''
}
