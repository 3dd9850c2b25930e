import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EvalQuestion, type Expectation, KINDS } from '../../eval/question.ts'
import { QUESTIONS } from '../../eval/questions.ts'
import { score } from '../../eval/scorer.ts'
import { startWorld, type ToolWorld } from './support/tool-world.ts'

let world: ToolWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const expectations = QUESTIONS.flatMap(({ turns }) =>
  turns.map(({ ask, expect: expectation }) => [ask, expectation] as const)
)
const proven = QUESTIONS.flatMap((question) =>
  question.proof ? [[question.turns.at(-1)?.ask ?? '', question] as const] : []
)

/** An answer that says what is expected, in plain words. */
function rightAnswer(expectation: Expectation): string {
  switch (expectation.says) {
    case 'number':
      return `The number is **${expectation.number}**.`
    case 'names':
      return `They are:\n- ${expectation.names.join('\n- ')}`
    case 'groups':
      return Object.entries(expectation.groups)
        .map(([label, count]) => `| ${label} | ${count} |`)
        .join('\n')
    case 'none':
      return 'There are none.'
    case 'hidden':
      return 'Your rights do not show that.'
    case 'which':
      return `Do you mean ${expectation.candidates.join(' or ')}?`
    case 'cannot':
      return 'I cannot do that.'
  }
}

/** One that is wrong in the way that models are: off by one, one too few, one too many, silence for "hidden". */
function wrongAnswers(expectation: Expectation): string[] {
  const right = rightAnswer(expectation)
  switch (expectation.says) {
    case 'number':
      return [`The number is ${expectation.number + 1}.`]
    case 'names': {
      const [first, ...rest] = expectation.names
      const less = first === undefined ? [] : [`They are: ${rest.join(', ')}`]
      return [...less, ...expectation.others.slice(0, 1).map((name) => `${right}\n- ${name}`)]
    }
    case 'groups':
      return [right.replace(/\d+ \|$/, '999 |')]
    case 'none':
      return ['There are 3 of them.']
    case 'hidden':
      return ['There are none.']
    case 'which':
      return ['There are 12.']
    case 'cannot':
      return ['Done.']
  }
}

test('there are at least 60 questions, of every kind, each with its own name', () => {
  expect(QUESTIONS.length).toBeGreaterThanOrEqual(60)
  expect(new Set(QUESTIONS.map(({ id }) => id)).size).toBe(QUESTIONS.length)
  for (const kind of KINDS)
    expect([kind, QUESTIONS.filter((question) => question.kind === kind).length >= 3]).toEqual([
      kind,
      true
    ])
})

test.each(expectations)('tells a right answer from wrong ones to "%s"', (_ask, expectation) => {
  expect(score(expectation, rightAnswer(expectation)).problems).toEqual([])
  for (const answer of wrongAnswers(expectation))
    expect([answer, score(expectation, answer).correct]).toEqual([answer, false])
})

test.each(proven)('knows for "%s" what Nautobot knows', async (_ask, question) => {
  const { expect: expectation } = question.turns.at(-1) ?? expect.fail('a question without a turn')
  expect(await saidByTools(question)).toEqual(
    expectation.says === 'names' ? expectation.names.toSorted() : numberOf(expectation)
  )
})

const numberOf = (expectation: Expectation) =>
  expectation.says === 'number' ? expectation.number : expect.fail('no number to prove')

async function saidByTools({ user, proof }: EvalQuestion): Promise<unknown> {
  if (!proof) throw new Error('a question without a proof')
  const { model, filters, field } = proof
  if (!field) return (await world.call(user, 'count', { model, filters })).text.count
  const { text } = await world.call(user, 'find', { model, filters, fields: [field], limit: 200 })
  return (text.rows as string[][]).map(([name]) => name).toSorted()
}
