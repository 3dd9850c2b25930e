import type { EvalQuestion } from './question.ts'
import { COUNTS, GROUPS } from './questions-counts.ts'
import { AMBIGUOUS, DATES, FOLLOW_UPS, HIDDEN, NONE, OUT_OF_SCOPE } from './questions-limits.ts'
import { JOINS, LISTS } from './questions-lists.ts'

/** Every question of the evaluation, over the sample network. */
export const QUESTIONS: readonly EvalQuestion[] = [
  ...COUNTS,
  ...GROUPS,
  ...LISTS,
  ...JOINS,
  ...NONE,
  ...HIDDEN,
  ...AMBIGUOUS,
  ...FOLLOW_UPS,
  ...DATES,
  ...OUT_OF_SCOPE
]
