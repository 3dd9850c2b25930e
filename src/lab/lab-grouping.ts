import { matchGroup, splitWords } from './lab-words.ts'

const GROUPING =
  /\b(?:by|per|for each|for every|in each|at each|at every|in every|grouped by|group by|split by|each|every|broken down by)\s+(?:the\s+)?/gi

/** Takes out `by role and status`. */
export function takeGroups(question: string, isChange: boolean) {
  const groupBy: string[] = []
  let rest = question
  for (const found of isChange ? [] : question.matchAll(GROUPING)) {
    const words = splitWords(question.slice(found.index + found[0].length))
    const { groups, spelled } = readGroups(words)
    if (groups.length === 0) continue
    groupBy.push(...groups)
    const pattern = [found[0].trim(), ...spelled].map(escapePattern).join('\\W+')
    rest = rest.replace(new RegExp(pattern, 'i'), ' ')
  }
  return { groupBy: [...new Set(groupBy)], rest }
}

/** The fields that words begin with: `role`, `role and status`. */
function readGroups(words: readonly string[]) {
  const first = matchGroup(words)
  if (!first) return { groups: [], spelled: [] }
  const joint = /^and$/i.test(words[first.words] ?? '') ? first.words + 1 : undefined
  const second = joint === undefined ? undefined : matchGroup(words.slice(joint))
  if (joint === undefined || !second) {
    return { groups: [first.value], spelled: words.slice(0, first.words) }
  }
  return {
    groups: [first.value, second.value],
    spelled: words.slice(0, joint + second.words)
  }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
