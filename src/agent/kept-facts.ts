import { type BaseMessage, isToolMessage } from '@langchain/core/messages'
import { questionOf } from './transcript.ts'

const MAX_FACTS = 200
const MAX_FACTS_CHARACTERS = 4_000
const MAX_QUESTIONS = 20
const MAX_QUESTION_CHARACTERS = 200
/** Of one message: results are long, and what matters is said in the answers. */
const MAX_READ_CHARACTERS = 50_000

const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?\b/g
const IPV6 = /\b(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){0,7}(?:\/\d{1,3})?/gi
/** Names of devices, interfaces, circuits: letters with a digit, in one word. */
const NAME = /\b(?=[\w./:-]{0,40}\d)[a-z][\w./:-]{2,63}\b/gi
/** A number with what it counts. */
const COUNT = /\b\d[\d.,]{0,12}\s\p{L}{2,30}/gu
const VLAN = /\bVLANs?\s\d{1,4}\b/gi

const SAID = [ADDRESS, IPV6, VLAN, NAME, COUNT]
/** Counts in raw data are not what anybody was told. */
const RETURNED = [ADDRESS, IPV6, NAME]

/**
 * Names, numbers and addresses of what was dropped that its summary does not hold, the newest of what was said first,
 * then those of results; and the questions as they were asked. A model forgets some; code does not.
 */
export function forgottenIn(summary: string, dropped: readonly BaseMessage[]): string {
  const isResult = (message: BaseMessage) => isToolMessage(message)
  const said = dropped.filter((message) => !isResult(message)).reverse()
  const returned = dropped.filter(isResult).reverse()
  const found = [
    ...said.flatMap((m) => factsOf(m, SAID)),
    ...returned.flatMap((m) => factsOf(m, RETURNED))
  ]
  const known = summary.toLowerCase()
  const missing = [...new Set(found)].filter((fact) => !known.includes(fact.toLowerCase()))
  return [...questionLines(dropped), ...factLine(missing)].join('\n')
}

function factsOf(message: BaseMessage, patterns: readonly RegExp[]): string[] {
  const text = textOf(message).slice(0, MAX_READ_CHARACTERS)
  return patterns.flatMap((pattern) => text.match(pattern) ?? []).map((fact) => fact.trim())
}

function textOf(message: BaseMessage): string {
  return message.getType() === 'human' ? questionOf(message) : message.text
}

function questionLines(dropped: readonly BaseMessage[]): string[] {
  const questions = dropped
    .filter((message) => message.getType() === 'human')
    .slice(-MAX_QUESTIONS)
    .map(
      (message) => `- ${questionOf(message).replace(/\s+/g, ' ').slice(0, MAX_QUESTION_CHARACTERS)}`
    )
  return questions.length > 0 ? ['Questions, as they were asked:', ...questions] : []
}

function factLine(facts: readonly string[]): string[] {
  const kept: string[] = []
  let characters = 0
  for (const fact of facts.slice(0, MAX_FACTS)) {
    characters += fact.length + 2
    if (characters > MAX_FACTS_CHARACTERS) break
    kept.push(fact)
  }
  return kept.length > 0 ? [`Also mentioned: ${kept.join(', ')}`] : []
}
