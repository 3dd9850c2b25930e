import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { charactersOf, createPromptBudgets } from '../../../src/agent/prompt-budget.ts'
import { llmModel } from '../../support/agent-fixture.ts'

const TOOL = {
  name: 'count',
  description: 'x'.repeat(1_000),
  inputSchema: {},
  server: 'nautobot',
  readOnly: true
}

it('leaves room for the answer, the tools and an error of the estimate', () => {
  const { budgetFor } = createPromptBudgets()
  const model = llmModel({ contextTokens: 10_000 })
  const bare = budgetFor(model, []).maxCharacters()

  expect(bare).toBeGreaterThan(10_000)
  expect(bare).toBeLessThan((10_000 - 2_500) * 3.2)
  expect(bare - budgetFor(model, [TOOL]).maxCharacters()).toBeGreaterThanOrEqual(1_000)
})

it('keeps free what the model may answer', () => {
  const { budgetFor } = createPromptBudgets()
  const sizes = [{}, { max_tokens: 1_000 }, { max_completion_tokens: 50_000 }].map((parameters) =>
    budgetFor(llmModel({ parameters }), []).maxCharacters()
  )

  expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0)
  expect(sizes[2]).toBeLessThan(sizes[0] ?? 0)
})

it("learns from the provider's count, run after run, and from nothing implausible", () => {
  const { budgetFor } = createPromptBudgets()
  const model = llmModel({ contextTokens: 10_000 })
  const before = budgetFor(model, []).maxCharacters()
  for (let n = 0; n < 10; n += 1) budgetFor(model, []).counted(16_000, 10_000)
  const learnt = budgetFor(model, []).maxCharacters()
  expect(learnt / before).toBeCloseTo(1.6 / 3.2, 2)

  for (const [characters, tokens] of [
    [10_000, 5],
    [10_000, 0],
    [100, 100],
    [10_000, 90_000]
  ] as const) {
    expect(budgetFor(model, []).counted(characters, tokens)).toBe(true)
  }
  expect(budgetFor(model, []).maxCharacters()).toBe(learnt)
  // Of another model nothing is known.
  expect(budgetFor(llmModel({ id: 'other', contextTokens: 10_000 }), []).maxCharacters()).toBe(
    before
  )
})

it('notices a server that reads only the end of a prompt', () => {
  const budget = createPromptBudgets().budgetFor(llmModel(), [])

  expect(budget.counted(100_000, 4_096)).toBe(false)
  expect(budget.counted(100_000, 31_000)).toBe(true)
})

it('sends nothing again that is as long as what was refused', () => {
  const { budgetFor } = createPromptBudgets()
  budgetFor(llmModel(), []).refused(40_000)

  expect(budgetFor(llmModel(), []).maxCharacters()).toBe(20_000)
  // Until an administrator says how much the model reads.
  expect(budgetFor(llmModel({ contextTokens: 32_000 }), []).maxCharacters()).toBeGreaterThan(20_000)
})

it('counts the arguments of calls', () => {
  const args = { filter: 'x'.repeat(500) }
  const call = { id: 'c1', name: 'count', args, type: 'tool_call' as const }

  expect(charactersOf(new AIMessage({ content: '', tool_calls: [call] }))).toBeGreaterThan(500)
  expect(charactersOf(new HumanMessage('x'.repeat(500)))).toBeLessThan(600)
})
