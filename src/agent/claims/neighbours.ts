import type { AnswerLine } from './answer-lines.ts'
import type { Claim, NumberClaim } from './claim.ts'

/** What an answer itself says around a number: what it may be the sum, the share or the count of. */
export interface Neighbours {
  /** The line it stands in. */
  readonly text: string
  /** Names in its line, in lower case. */
  readonly names: readonly string[]
  /** Numbers of the same line that the data has. */
  readonly line: readonly number[]
  /** Those of the lines around it. */
  readonly around: readonly number[]
  /** Lists of numbers that stand under one another, its own column without it first. */
  readonly columns: readonly (readonly number[])[]
  /** How many items, rows or names are listed beside it. */
  readonly counts: readonly number[]
}

const MAX_AROUND = 24
const LINES_AROUND = 3

interface Block {
  readonly kind: AnswerLine['kind']
  readonly claims: Claim[]
  /** Items of the list, rows of the table. */
  rows: number
}

export interface Surroundings {
  of(claim: NumberClaim): Neighbours
}

/** `values`: what each number that the data has is taken for. */
export function readSurroundings(
  lines: readonly AnswerLine[],
  claims: readonly Claim[],
  values: ReadonlyMap<Claim, number>
): Surroundings {
  const blocks = blocksOf(lines, claims)
  const byLine = Map.groupBy(claims, ({ line }) => line)

  const numbersOf = (some: readonly Claim[], except?: Claim) =>
    some.flatMap((one) => {
      const value = one === except ? undefined : values.get(one)
      return value === undefined ? [] : [value]
    })

  function around({ line }: NumberClaim): number[] {
    const near = Array.from(
      { length: 2 * LINES_AROUND + 1 },
      (_, step) => line - LINES_AROUND + step
    )
    return near
      .filter((one) => one !== line)
      .flatMap((one) => numbersOf(byLine.get(one) ?? []))
      .slice(0, MAX_AROUND)
  }

  return {
    of(claim) {
      const own = blocks.findIndex(({ claims: inside }) => inside.includes(claim))
      const near = blocks.slice(Math.max(0, own - 1), own + 2)
      const sameLine = byLine.get(claim.line) ?? []
      return {
        text: lines[claim.line]?.text ?? '',
        names: sameLine.flatMap((one) => (one.kind === 'number' ? [] : [one.text.toLowerCase()])),
        line: numbersOf(sameLine, claim),
        around: around(claim),
        columns: near.flatMap((block) =>
          columnsOf(block, claim).map((one) => numbersOf(one, claim))
        ),
        counts: [...near.map(({ rows }) => rows), ...namesIn(sameLine, claim)]
      }
    }
  }
}

/** Paragraphs, lists and tables; blank lines are none. */
function blocksOf(lines: readonly AnswerLine[], claims: readonly Claim[]): Block[] {
  const blocks = new Map<number, Block>()
  for (const line of lines) noteLine(blocks, line)
  for (const claim of claims) blocks.get(lines[claim.line]?.block ?? -1)?.claims.push(claim)
  return [...blocks.values()]
}

function noteLine(blocks: Map<number, Block>, { kind, block, isHead }: AnswerLine): void {
  if (kind === 'blank' || kind === 'rule') return
  const known = blocks.get(block) ?? { kind, claims: [], rows: 0 }
  if (kind === 'list' || (kind === 'table' && !isHead)) known.rows += 1
  blocks.set(block, known)
}

/** Of a table, cells under one another; of a list, the first number of each item. */
function columnsOf({ kind, claims }: Block, claim: NumberClaim): Claim[][] {
  const numbers = claims.filter((one) => one.kind === 'number' && !one.isPercent)
  if (kind === 'table') {
    const own = claim.cell
    return [...Map.groupBy(numbers, ({ cell }) => cell).entries()]
      .toSorted(([left], [right]) => Number(right === own) - Number(left === own))
      .map(([, column]) => column)
  }
  if (kind !== 'list') return []
  return [[...Map.groupBy(numbers, ({ line }) => line).values()].flatMap(([first]) => first ?? [])]
}

/** Names behind it in its line: `3 devices: a, b and c`; and all names of its line. */
function namesIn(sameLine: readonly Claim[], claim: NumberClaim): number[] {
  const names = sameLine.filter(({ kind }) => kind !== 'number')
  return [names.filter(({ start }) => start > claim.start).length, names.length]
}
