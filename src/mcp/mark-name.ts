import { createHash } from 'node:crypto'

/** What model providers take. */
export const MAX_NAME_CHARACTERS = 64
const HASH_CHARACTERS = 6

/** `name` with a mark that tells it from its namesakes. */
export function markName(name: string, distinction: string): string {
  const mark = createHash('sha256').update(distinction).digest('hex').slice(0, HASH_CHARACTERS)
  return `${name.slice(0, MAX_NAME_CHARACTERS - HASH_CHARACTERS - 1)}_${mark}`
}
