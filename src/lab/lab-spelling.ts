/** How people type, and what the rules know. */
const SPELLINGS: readonly (readonly [typed: RegExp, meant: string])[] = [
  [/\b(what|where|who|how)s\b/gi, '$1 is'],
  [/(?<![\w-])r(?![\w-])/g, 'are'],
  [/\b(?:wich|whic|whcih|wihch|whihc)\b/gi, 'which'],
  [/(?<![\w-])w\/o(?![\w-])/gi, 'without'],
  [/(?<![\w-])w\/(?=\s|\w)/gi, 'with '],
  [/(?:\bno\.|\bnr\.?|#)\s+of\b/gi, 'number of'],
  // Groups come largest first.
  [
    /\btop (?:\d+ )?(\w+) by (?:the )?(?:number of )?(device|interface|switch|router|rack|vlan|prefix|circuit)(?:e?s)?(?: count)?(?=\W*$)/gi,
    'how many $2s by $1'
  ],
  [/\bend[ -]of[ -]life\b|\beol\b/gi, 'end-of-life'],
  // "Tell us" and "show us" are about people.
  [/\bU\.?S\.?A?\.?(?![\w-])/g, 'USA'],
  [/\b(in|from|across|within|of)\s+the\s+us\b/gi, '$1 the USA'],
  [/\b(in|across|within)\s+us\b/gi, '$1 USA']
]

/** A question as the rules read it. Names stay as they are written. */
export function spellOut(question: string): string {
  return SPELLINGS.reduce((text, [typed, meant]) => text.replace(typed, meant), question)
}
