import { expect, it } from 'vitest'
import { checkClaims } from '../../../../src/agent/claims/check-claims.ts'
import {
  type LabelledAnswer,
  readLabelledAnswers,
  type Span
} from '../../../support/labelled-answers.ts'

const MIN_ANSWERS = 200
const MAX_FALSE_MARKS = 0.02
const MIN_CAUGHT = 0.9

const overlaps = (span: { start: number; end: number }, other: { start: number; end: number }) =>
  span.start < other.end && other.start < span.end

function judge({ name, sources, answer, spans }: LabelledAnswer) {
  const marks = checkClaims(answer, sources)
    .filter(({ verdict }) => verdict === 'missing')
    .map(({ claim }) => claim)
  const planted = spans.filter(({ isTrue }) => !isTrue)
  return {
    trueClaims: spans.length - planted.length,
    planted: planted.length,
    /** Marks on anything that is not planted, labelled or not. */
    falseMarks: marks
      .filter((mark) => !planted.some((span) => overlaps(span, mark)))
      .map(({ text }) => `${name}: ${text}`),
    missed: planted
      .filter((span: Span) => !marks.some((mark) => overlaps(span, mark)))
      .map(({ text }) => `${name}: ${text}`)
  }
}

it('marks few true claims and most planted ones', () => {
  const answers = readLabelledAnswers()
  const judged = answers.map(judge)
  const sum = (pick: (one: (typeof judged)[number]) => number) =>
    judged.reduce((total, one) => total + pick(one), 0)
  const trueClaims = sum((one) => one.trueClaims)
  const planted = sum((one) => one.planted)
  const falseMarks = judged.flatMap((one) => one.falseMarks)
  const missed = judged.flatMap((one) => one.missed)
  const falseShare = falseMarks.length / trueClaims
  const caughtShare = 1 - missed.length / planted
  const withPlanted = judged.filter((one) => one.planted > 0).length
  process.stdout.write(
    [
      `Claim check: ${answers.length} answers, ${withPlanted} with planted claims.`,
      `False marks: ${falseMarks.length} of ${trueClaims} true claims (${(100 * falseShare).toFixed(2)} %).`,
      `Caught: ${planted - missed.length} of ${planted} planted claims (${(100 * caughtShare).toFixed(1)} %).`,
      ...falseMarks.map((one) => `  false mark: ${one}`),
      ...missed.map((one) => `  missed: ${one}`),
      ''
    ].join('\n')
  )

  expect(answers.length).toBeGreaterThanOrEqual(MIN_ANSWERS)
  expect(withPlanted / answers.length).toBeGreaterThan(0.2)
  expect(falseShare).toBeLessThanOrEqual(MAX_FALSE_MARKS)
  expect(caughtShare).toBeGreaterThanOrEqual(MIN_CAUGHT)
})
