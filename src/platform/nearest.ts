const MAX_NEAREST = 3
const MAX_COMPARED_CHARACTERS = 60
/** Beyond this share of its length a name is another name. */
const MAX_DISTANCE_SHARE = 0.4

/** Edits (insert, delete, replace) from `a` to `b`. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1]
    for (let column = 0; column < b.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (letter === b[column] ? 0 : 1)
      const shorter = Math.min(current[column] ?? 0, previous[column + 1] ?? 0) + 1
      current.push(Math.min(replaced, shorter))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

const comparable = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .slice(0, MAX_COMPARED_CHARACTERS)

function score(wanted: string, candidate: string): number {
  const name = comparable(candidate)
  if (name === wanted) return 0
  const whole = distance(wanted, name) / Math.max(wanted.length, name.length, 1)
  const contains = wanted.length > 2 && (name.includes(wanted) || wanted.includes(name))
  return contains && name.length > 2 ? Math.min(whole, MAX_DISTANCE_SHARE / 2) : whole
}

/** The names nearest to a wrong one, best first; none when nothing is near. */
export function nearest(wanted: string, candidates: Iterable<string>): string[] {
  const text = comparable(wanted)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, score: score(text, candidate) }))
    .filter((ranked) => ranked.score <= MAX_DISTANCE_SHARE)
    .sort((a, b) => a.score - b.score || a.candidate.localeCompare(b.candidate))
    .slice(0, MAX_NEAREST)
    .map(({ candidate }) => candidate)
}
