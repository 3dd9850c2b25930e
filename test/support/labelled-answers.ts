import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const FOLDER = join(import.meta.dirname, '../fixtures/claims')

/** What tools returned in one conversation, and answers that were written and labelled by hand. */
const conversations = z.array(
  z.strictObject({
    conversation: z.string(),
    /** What the user wrote, oldest first. */
    said: z.array(z.string()).min(1),
    results: z.array(z.unknown()),
    /** `[[true]]`: the data has it, or it follows from the data. `{{false}}`: planted. */
    answers: z.array(z.string()).min(1)
  })
)

export interface Span {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly isTrue: boolean
}

export interface LabelledAnswer {
  readonly name: string
  readonly sources: { readonly results: readonly string[]; readonly words: readonly string[] }
  readonly answer: string
  readonly spans: readonly Span[]
}

export function readLabelledAnswers(): LabelledAnswer[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .flatMap((file) => {
      const read = conversations.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')))
      return read.flatMap(({ conversation, said, results, answers }) => {
        const sources = { words: said, results: results.map(textOf) }
        return answers.map((marked, index) => ({
          name: `${conversation}, answer ${index + 1}`,
          sources,
          ...unmarked(marked)
        }))
      })
    })
}

function textOf(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result)
}

function unmarked(marked: string): Pick<LabelledAnswer, 'answer' | 'spans'> {
  const spans: Span[] = []
  let answer = ''
  let end = 0
  for (const { 0: whole, 1: isTrue, 2: isFalse, index } of marked.matchAll(
    /\[\[(.+?)\]\]|\{\{(.+?)\}\}/g
  )) {
    answer += marked.slice(end, index)
    const text = isTrue ?? isFalse ?? ''
    const start = answer.length
    answer += text
    spans.push({ text, start, end: answer.length, isTrue: isTrue !== undefined })
    end = index + whole.length
  }
  return { answer: answer + marked.slice(end), spans }
}
