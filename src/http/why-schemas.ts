import { z } from 'zod'

const count = z.int().nonnegative()

export const standInSchema = z
  .object({
    name: z.string(),
    insteadOf: z.string(),
    reason: z.string().describe('Follows that name in a sentence: "is busy".')
  })
  .meta({ id: 'StandIn', description: 'A model that answered in place of one that could not.' })

export const promptVersionSchema = z
  .object({
    name: z.string(),
    version: z.string().describe('The same text has the same one.')
  })
  .meta({ id: 'PromptVersion', description: "The administrator's system prompt of an answer." })

/** How a step is asked again by hand. */
export const recipesSchema = z
  .object({
    curl: z.string(),
    pynautobot: z.string(),
    graphql: z.string().optional().describe('Absent for models of apps.')
  })
  .meta({
    id: 'StepRecipes',
    description:
      "The same question to Nautobot, to copy. `$NAUTOBOT_TOKEN` is the reader's own token: none is in here."
  })

export const modelCallSchema = z
  .object({
    number: count.describe('1 is the first of the run.'),
    model: z.string(),
    inputTokens: count.describe('Cached ones included.'),
    cachedInputTokens: count,
    outputTokens: count,
    cost: z
      .number()
      .nonnegative()
      .optional()
      .describe("In the currency of the model's prices; absent where it has none."),
    durationMs: z.number()
  })
  .meta({ id: 'ModelCall', description: 'What one call of the model took.' })
