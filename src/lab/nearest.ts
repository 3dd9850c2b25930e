/** How many letters must be added, left out, replaced or swapped to make one word of another. */
export function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= right.length; j += 1) row.push(cheapestStep(rows, row, left, right))
    rows.push(row)
  }
  return rows.at(-1)?.at(-1) ?? 0
}

function cheapestStep(rows: number[][], row: number[], left: string, right: string): number {
  const [i, j] = [rows.length, row.length]
  const above = rows[i - 1] ?? []
  const same = left[i - 1] === right[j - 1]
  const steps = [(above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1)]
  const swapped = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
  if (i > 1 && j > 1 && swapped) steps.push((rows[i - 2]?.[j - 2] ?? 0) + 1)
  return Math.min(...steps)
}

const MAX_COMPARED_CHARACTERS = 60
/** Of a word's letters, this share may be wrong. */
const MAX_WRONG_SHARE = 0.34

/** The words that a mistyped one may have meant, nearest first. */
export function nearest(word: string, words: readonly string[], max: number): readonly string[] {
  if (word.length > MAX_COMPARED_CHARACTERS) return []
  const lower = word.toLowerCase()
  return words
    .filter(({ length }) => length <= MAX_COMPARED_CHARACTERS)
    .map((known) => ({ known, distance: editDistance(lower, known.toLowerCase()) }))
    .filter(({ known, distance }) => {
      return distance <= Math.max(known.length, lower.length) * MAX_WRONG_SHARE
    })
    .toSorted((left, right) => left.distance - right.distance)
    .slice(0, max)
    .map(({ known }) => known)
}
