const MAX_LINES = 2_000

/**
 * A text that is no JSON is a table more often than not. Numbers that counting its lines gives: of each block, with and
 * without its head, and those with the same word.
 */
export function countLines(text: string): ReadonlySet<number> {
  const lines = text.split('\n').slice(0, MAX_LINES)
  const counts = new Set<number>()
  for (const length of blockLengths(lines)) counts.add(length).add(Math.max(0, length - 1))
  const byWord = new Map<string, number>()
  for (const line of lines) {
    for (const word of new Set(line.match(/\p{L}[\p{L}\p{N}_-]+/gu))) {
      byWord.set(word, (byWord.get(word) ?? 0) + 1)
    }
  }
  for (const count of byWord.values()) counts.add(count)
  return counts
}

function blockLengths(lines: readonly string[]): number[] {
  const lengths = [0]
  for (const line of lines) {
    if (line.trim() === '') lengths.push(0)
    else lengths.push((lengths.pop() ?? 0) + 1)
  }
  return lengths
}
