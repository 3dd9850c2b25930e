const MAX_NEAREST = 3
const MAX_COMPARED_CHARACTERS = 60
/** Beyond this share of its length a name is another name. */
const MAX_DISTANCE_SHARE = 0.4
/** Of a mistyped word's letters, this share may be wrong. */
const MAX_WRONG_SHARE = 0.34

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

const comparable = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .slice(0, MAX_COMPARED_CHARACTERS)

function score(wanted: string, candidate: string): number {
  const name = comparable(candidate)
  if (name === wanted) return 0
  const whole = editDistance(wanted, name) / Math.max(wanted.length, name.length, 1)
  const contains = wanted.length > 2 && (name.includes(wanted) || wanted.includes(name))
  return contains && name.length > 2 ? Math.min(whole, MAX_DISTANCE_SHARE / 2) : whole
}

/** The names nearest to a wrong one, as hints for a person: best first; none when nothing is near. */
export function nearest(wanted: string, candidates: Iterable<string>): string[] {
  const text = comparable(wanted)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, score: score(text, candidate) }))
    .filter((ranked) => ranked.score <= MAX_DISTANCE_SHARE)
    .sort((a, b) => a.score - b.score || a.candidate.localeCompare(b.candidate))
    .slice(0, MAX_NEAREST)
    .map(({ candidate }) => candidate)
}

/** The words that may stand in the place of a mistyped one: stricter than hints, part of a name is not enough. */
export function nearestSpelling(word: string, words: readonly string[], max: number): string[] {
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
