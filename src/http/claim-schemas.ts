import { z } from 'zod'

const count = z.int().nonnegative()

const markSchema = z
  .object({
    text: z.string(),
    start: count.describe('Where it begins in the text, in UTF-16 units; lines end with `\\n`.'),
    end: count,
    verdict: z
      .enum(['found', 'missing'])
      .describe(
        '`missing`: neither the data nor the question has it, nor does it follow from them.'
      ),
    url: z.url().optional().describe('The page of Nautobot that shows what was found.')
  })
  .meta({ id: 'ClaimMark' })

/** What an answer states, compared with what its conversation's tools returned. */
export const claimsSchema = z
  .object({
    found: count.describe('Names, numbers and addresses that the data has or that follow from it.'),
    missing: count.describe('Those that it has not.'),
    marks: z
      .array(markSchema)
      .readonly()
      .describe('Claims with a link, and all missing ones; at most 200.')
  })
  .meta({ id: 'Claims' })
