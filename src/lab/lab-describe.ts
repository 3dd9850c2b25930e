import type { LabMove } from './lab-move.ts'
import { nounOf } from './lab-phrases.ts'
import type { LabConversation } from './lab-request.ts'
import { cell, gapLines, markdownTable, sayFailure } from './lab-sentences.ts'
import type { Understanding } from './lab-understanding.ts'

const ASKED_FIELD = /\b(?:what|which)\s+(status|role|type)(?:e?s)?\s+can\b/i
const MAX_NAMES = 60

/** What Nautobot can be asked: its kinds of objects, or the fields, filters and values of one. */
export function planDescribe(
  { question, steps }: LabConversation,
  { model }: Understanding
): LabMove {
  const [, field] = ASKED_FIELD.exec(question) ?? []
  const name = field?.toLowerCase()
  const step = steps.find(({ tool }) => tool === 'describe')
  if (!step) {
    const args = model ? { model, ...(name && { name }) } : {}
    return { calls: [{ tool: 'describe', args }] }
  }
  const failure = sayFailure(step.result)
  if (failure) return { text: `I could not look that up: ${failure}` }
  const result = step.result ?? {}
  if (!model) return { text: `${modelsText(result)}${gapLines(result)}` }
  const noun = nounOf(model, 2)
  const text = name ? valuesText(result, name, noun) : fieldsText(result, noun)
  return { text: `${text}${gapLines(result)}` }
}

type Result = Readonly<Record<string, unknown>>

const entriesOf = (value: unknown) => Object.entries((value ?? {}) as Result)

function modelsText({ models }: Result): string {
  const rows = entriesOf(models).map(([app, names]) => [app, names])
  return `Nautobot has these kinds of objects for you:\n\n${markdownTable(['app', 'models'], rows)}`
}

function valuesText({ values }: Result, name: string, noun: string): string {
  const list = Array.isArray(values) ? values.map((value) => `**${cell(value)}**`) : [cell(values)]
  return `The ${name} of ${noun} can be ${list.join(', ')}.`
}

function fieldsText({ fields, filters }: Result, noun: string): string {
  const rows = entriesOf(fields).flatMap(([kind, names]) =>
    typeof names === 'string' ? [[kind, names.split(' ').slice(0, MAX_NAMES)]] : []
  )
  const related = entriesOf((fields as Result | undefined)?.related).map(([name]) => name)
  const all = [...rows, ['related objects', related]]
  const filterRows = (Array.isArray(filters) ? filters : []).map(({ takes, names }) => [
    takes,
    String(names).split(' ').slice(0, MAX_NAMES)
  ])
  return (
    `Fields of ${noun}:\n\n${markdownTable(['kind', 'fields'], all)}\n\n` +
    `They can be filtered by:\n\n${markdownTable(['takes', 'filters'], filterRows)}`
  )
}
