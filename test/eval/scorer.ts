import type { Expectation } from './question.ts'

export interface Verdict {
  readonly correct: boolean
  /** What the answer should have said and did not, or said and should not have. */
  readonly problems: readonly string[]
  /** Names and numbers of the answer that are false: what a claim check should have marked. */
  readonly falseClaims: readonly string[]
}

const WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve'
]
const NONE = /\b(?:no|none|not any|zero|nothing|does not exist|not found|0)\b|isn't|aren't|doesn't/i
const HIDDEN =
  /\brights?\b|\bpermi(?:ssions?|tted)\b|\bnot (?:visible|allowed|authori[sz]ed)\b|\bmay not (?:see|view)\b|\bno access\b|\bhidden\b/i
const CANNOT =
  /\bcannot\b|\bcan't\b|\bcan not\b|\bunable\b|\bnot able\b|\bonly read\b|\bdo(?:es)? not (?:know|understand|have)\b|\bdon't (?:know|have)\b|\bnot available\b|\bonly know\b/i
const ASKS = /\?|\bwhich\b|\bambiguous\b|\bseveral\b|\bmore than one\b|\beither\b/i

/** Judges one answer by what it says, in whatever words. */
export function score(expectation: Expectation, answer: string): Verdict {
  const text = plain(answer)
  const verdict = judge(expectation, text)
  // Whoever says that they do not know claims nothing by the examples that they give.
  return CANNOT.test(text) ? { ...verdict, falseClaims: [] } : verdict
}

function judge(expectation: Expectation, text: string): Verdict {
  switch (expectation.says) {
    case 'number':
      return judgeNumber(expectation.number, text)
    case 'names':
      return judgeNames(expectation, text)
    case 'groups':
      return judgeGroups(expectation.groups, text)
    case 'none':
      return judgeNone(expectation.others, text)
    case 'hidden':
      return says(HIDDEN, text, 'does not say that rights hide it')
    case 'which':
      return judgeCandidates(expectation.candidates, text)
    case 'cannot':
      return says(CANNOT, text, 'does not say that it cannot')
  }
}

/** Markdown's own signs, link targets and separators of thousands removed; one space between words, lines kept. */
function plain(answer: string): string {
  return answer
    .replace(/\]\([^)]*\)/g, '')
    .replace(/[*_`[\]\u200b]/g, (sign) => (sign === '_' ? '_' : ''))
    .replace(/(\d)[,\u202f\u00a0](?=\d{3}\b)/g, '$1')
    .replace(/[^\S\n]+/g, ' ')
    .trim()
}

function verdict(problems: readonly string[], falseClaims: readonly string[] = []): Verdict {
  return { correct: problems.length === 0, problems, falseClaims }
}

const says = (pattern: RegExp, text: string, problem: string) =>
  verdict(pattern.test(text) ? [] : [problem])

/** Numbers that stand alone: not those in names, addresses, dates or sizes. */
function numbersOf(text: string): number[] {
  const digits = [...text.matchAll(/(?<![\w./:-])\d+(?![\w/:-]|\.\d)/g)].map(([found]) =>
    Number(found)
  )
  const words = [...text.matchAll(/\b[a-z]+\b/gi)].flatMap(([word]) => {
    const value = WORDS.indexOf(word.toLowerCase())
    return value >= 0 ? [value] : []
  })
  return [...digits, ...words]
}

function judgeNumber(wanted: number, text: string): Verdict {
  const [opening = ''] = text.split(/\n\s*\n/)
  const stated = numbersOf(opening)
  const isNone = wanted === 0 && NONE.test(opening)
  if (isNone || stated.includes(wanted)) return verdict([])
  return verdict([`does not state ${wanted}`], stated.map(String))
}

/** Whether a name is said as a whole: `ams01-sw-1` is not said by `ams01-sw-10`. */
function isSaid(name: string, text: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  return new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w|/\\d)`, 'i').test(text)
}

function judgeNames(
  { names, others }: { readonly names: readonly string[]; readonly others: readonly string[] },
  text: string
): Verdict {
  const missing = names.filter((name) => !isSaid(name, text))
  const wrong = others.filter((name) => isSaid(name, text))
  return verdict(
    [
      ...missing.map((name) => `does not say ${name}`),
      ...wrong.map((name) => `says ${name}, which does not belong there`)
    ],
    wrong
  )
}

/** The label and its number on one line, or within one item of a running list. */
function judgeGroups(groups: Readonly<Record<string, number>>, text: string): Verdict {
  const items = text.split(/\n|;|,(?!\d)|\band\b/)
  const problems = Object.entries(groups).flatMap(([label, count]) => {
    const own = items.filter((item) => isLabelled(item, label))
    const isRight = own.some((item) => numbersOf(item).includes(count))
    return isRight ? [] : [own.length > 0 ? `states another number for ${label}` : `lacks ${label}`]
  })
  return verdict(problems)
}

/** Plurals and hyphens are as the answer likes them. */
function isLabelled(item: string, label: string): boolean {
  const loose = label.replace(/[-_ ]/g, '[-_ ]').replace(/h$/, 'h(?:e)?')
  return new RegExp(`(?<![\\w-])${loose}s?(?![\\w-])`, 'i').test(item)
}

function judgeNone(others: readonly string[], text: string): Verdict {
  const wrong = others.filter((name) => isSaid(name, text))
  const problems = [
    ...(NONE.test(text) ? [] : ['does not say that there is none']),
    ...(HIDDEN.test(text) ? ['says that rights hide it'] : []),
    ...wrong.map((name) => `says ${name}, which does not belong there`)
  ]
  return verdict(problems, wrong)
}

function judgeCandidates(candidates: readonly string[], text: string): Verdict {
  const said = candidates.filter((name) => text.toLowerCase().includes(name.toLowerCase()))
  if (said.length > 1 && (ASKS.test(text) || said.length === candidates.length)) return verdict([])
  return verdict(['does not say that several could be meant'])
}
