import fc from 'fast-check'

const HOMOGLYPHS: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', c: 'с', A: 'А' }

/** Slips of the finger, and of the alphabet, at a place of a word. */
const SLIPS: readonly ((word: string, at: number) => string)[] = [
  (word, at) => word.slice(0, at) + word.slice(at + 1),
  (word, at) => word.slice(0, at) + word.charAt(at) + word.slice(at),
  (word, at) => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
  (word) => `${word}s`,
  (word) => `x${word}`,
  (word) => `${word}_`,
  (word) => word.replaceAll(/[aeocA]/g, (letter) => HOMOGLYPHS[letter] ?? letter),
  (word, at) => `${word.slice(0, at)}\u200B${word.slice(at)}`,
  (word) => [...word].toReversed().join('')
]

/** The tools take names of models whatever their case, and whatever separates their words. */
const plain = (word: string) => word.toLowerCase().replaceAll(/[^\p{L}\p{N}.]/gu, '')

/** Nearly one of the words and none of those that are known. */
export function nearMiss(
  words: readonly string[],
  known: readonly string[] = words
): fc.Arbitrary<string> {
  const taken = new Set(known.map(plain))
  return fc
    .tuple(fc.constantFrom(...words), fc.constantFrom(...SLIPS), fc.nat({ max: 20 }))
    .map(([word, slip, at]) => slip(word, at % Math.max(1, word.length)))
    .filter((word) => plain(word) !== '' && !taken.has(plain(word)))
}
