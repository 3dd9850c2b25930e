import type { AskedQuestion, AskedTurn } from './asking.ts'
import { KINDS } from './question.ts'

/** One line of the table. */
export interface ReportLine {
  readonly kind: string
  readonly questions: number
  readonly correct: number
  readonly falseClaims: number
  readonly caught: number
  /** Means per turn. */
  readonly toolCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly seconds: number
}

export interface Report {
  /** As the service names it. */
  readonly model: string
  readonly lines: readonly ReportLine[]
  readonly questions: readonly AskedQuestion[]
}

/** Sums up by kind, with a last line for all. */
export function reportOf(asked: readonly AskedQuestion[]): Report {
  const kinds = KINDS.filter((kind) => asked.some((question) => question.kind === kind))
  const lines = kinds.map((kind) =>
    lineOf(
      kind,
      asked.filter((question) => question.kind === kind)
    )
  )
  const model = asked.find((question) => question.model)?.model ?? 'unknown'
  return { model, lines: [...lines, lineOf('all', asked)], questions: asked }
}

function lineOf(kind: string, asked: readonly AskedQuestion[]): ReportLine {
  const turns = asked.flatMap((question) => question.turns)
  const mean = (read: (turn: AskedTurn) => number) =>
    Math.round((sum(turns, read) / Math.max(1, turns.length)) * 100) / 100
  return {
    kind,
    questions: asked.length,
    correct: asked.filter(({ correct }) => correct).length,
    falseClaims: sum(turns, ({ verdict }) => verdict.falseClaims.length),
    caught: sum(turns, ({ caught }) => caught.length),
    toolCalls: mean(({ toolCalls }) => toolCalls),
    inputTokens: mean(({ inputTokens }) => inputTokens),
    outputTokens: mean(({ outputTokens }) => outputTokens),
    seconds: mean(({ seconds }) => seconds)
  }
}

const sum = (turns: readonly AskedTurn[], read: (turn: AskedTurn) => number) =>
  turns.reduce((total, turn) => total + read(turn), 0)

/** What was wrong, a question in a line. */
export function failuresOf({ questions }: Report): string[] {
  return questions.flatMap(({ kind, turns }) =>
    turns.flatMap(({ ask, verdict }) =>
      verdict.correct ? [] : [`${kind}: "${ask}" ${verdict.problems.slice(0, 3).join('; ')}.`]
    )
  )
}
