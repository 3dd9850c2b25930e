import { expect } from 'vitest'
import type { ToolAnswer } from '../../../support/tool-client.ts'
import type { FilterArgs, FuzzedCall } from './calls.ts'

/** What a call may fail with: none of them is a fault of this service or of Nautobot. */
const CODES = ['FORBIDDEN', 'INVALID_REQUEST', 'OBJECT_NOT_FOUND']
/** What no sentence for a model has in it. */
const NO_SENTENCE = /\[object |received undefined|Traceback|<html|at .*\.ts:\d+/i
const MAX_SENTENCE_CHARACTERS = 2_000

/** Counts what a user sees; undefined when the question is refused. */
export type CountOf = (model: unknown, filters: FilterArgs) => Promise<number | undefined>

export const numbersOf = ({ text }: Pick<ToolAnswer, 'text'>): number[] =>
  text.counts === undefined ? [Number(text.count ?? 0)] : Object.values(text.counts as object)

/** `answered`, or the code of the error. */
export const outcomeOf = ({ text }: Pick<ToolAnswer, 'text'>) =>
  (text.error as { code: string } | undefined)?.code ?? 'answered'

/** What holds for every answer: a result, or an error that its reader can act on. */
export function judgeForm(call: FuzzedCall, answer: Pick<ToolAnswer, 'isError' | 'text'>): void {
  const outcome = outcomeOf(answer)
  expect([...CODES, 'answered'], JSON.stringify([call, answer.text])).toContain(outcome)
  expect([call, answer.isError]).toEqual([call, outcome !== 'answered'])
  const { message } = (answer.text.error ?? { message: 'None.' }) as { message: string }
  expect(message).toMatch(/\S/)
  expect(message).not.toMatch(NO_SENTENCE)
  expect(message.length).toBeLessThan(MAX_SENTENCE_CHARACTERS)
}

/** What is unknown is refused, or there is none of it: never the number without it. */
export function judgeWrong(call: FuzzedCall, answer: Pick<ToolAnswer, 'isError' | 'text'>): void {
  if (!call.wrong || answer.isError) return
  expect([call, numbersOf(answer)]).toEqual([call, numbersOf(answer).map(() => 0)])
}

/** Fewer filters, no fewer objects. */
export async function judgeBreadth(
  { tool, args }: FuzzedCall,
  answer: Pick<ToolAnswer, 'isError' | 'text'>,
  countOf: CountOf
): Promise<void> {
  const filters = Object.entries((args.filters ?? {}) as FilterArgs)
  if (answer.isError || !['count', 'find'].includes(tool) || filters.length === 0) return
  const count = Number(answer.text.count)
  const [, ...fewer] = filters
  for (const left of fewer.length > 0 ? [[], fewer] : [[]]) {
    const broader = await countOf(args.model, Object.fromEntries(left))
    expect([args, left, count, broader ?? count]).toEqual([
      args,
      left,
      Math.min(count, broader ?? count),
      broader ?? count
    ])
  }
}

/** Another way to ask gives the same number. */
export async function judgeSame(
  call: FuzzedCall,
  answer: Pick<ToolAnswer, 'isError' | 'text'>,
  countOf: CountOf
): Promise<void> {
  if (!call.same || answer.isError) return
  const count = await countOf(call.same.model, call.same.filters)
  expect([call.args, numbersOf(answer)]).toEqual([call.args, [count]])
}

const rowsOf = ({ rows = [], groups = [] }: Record<string, unknown>) =>
  [...(rows as unknown[][]), ...(groups as Record<string, unknown>[])].map((row) =>
    JSON.stringify(Array.isArray(row) ? row : (row.label ?? row.labels))
  )

/** Who sees less gets no more, and nothing else. */
export function judgeRights(
  call: FuzzedCall,
  few: Pick<ToolAnswer, 'text'>,
  all: Pick<ToolAnswer, 'text' | 'isError'>
): void {
  // Too much for one who sees more.
  if (all.isError) return
  for (const [index, number] of numbersOf(few).entries())
    expect([call.args, number]).toEqual([call.args, Math.min(number, numbersOf(all)[index] ?? 0)])
  if (call.tool !== 'count' || all.text.more) return
  const known = new Set(rowsOf(all.text))
  const hidden = /not visible to you/
  expect([
    call.args,
    rowsOf(few.text).filter((row) => !known.has(row) && !hidden.test(row))
  ]).toEqual([call.args, []])
}
