import { nearestSpelling } from '../platform/nearest.ts'
import { tableOf } from './lab-answers.ts'
import type { LabMove } from './lab-move.ts'
import { objectAmong } from './lab-names.ts'
import { nounOf } from './lab-phrases.ts'
import { readPage } from './lab-query.ts'
import type { LabCall, LabConversation, LabStep } from './lab-request.ts'
import { cell, gapLines, markdownTable, sayFailure, sayUnknown } from './lab-sentences.ts'
import type { Understanding } from './lab-understanding.ts'

type Result = Readonly<Record<string, unknown>>

const MAX_NEAREST = 3
/** About the object's record rather than the object. */
const LEFT_OUT = new Set(['created', 'last_updated', 'comments'])
const LIST_WORDS: Readonly<Record<string, string>> = {
  ip_addresses: 'IP addresses',
  vlans: 'VLANs',
  vlan_groups: 'VLAN groups'
}

const MAC = /\b[\da-f]{2}(?:[:-][\da-f]{2}){5}\b|\b[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}\b/i
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\d.])/

/** "What is 10.0.0.1?" and any question with a MAC are about the one object that has it. */
export function identifierAsked(question: string, { kind }: Understanding): string | undefined {
  const [mac] = MAC.exec(question) ?? []
  if (mac) return mac
  const [address] = kind === 'about' ? (ADDRESS.exec(question) ?? []) : []
  return address
}

/** Tells about one object: by its name, or the one whose page is open. */
export function planAbout(conversation: LabConversation, understanding: Understanding): LabMove {
  const name = objectAmong(understanding.names) ?? understanding.names[0]
  const looked = conversation.steps.find(({ tool }) => tool === 'get')
  if (looked) return tellOf(conversation, looked, name ?? 'this object')
  const call = name ? callForName(name) : callForPage(conversation)
  return call ? { calls: [call] } : sayUnknown(conversation.question)
}

const callForName = (object: string): LabCall => ({ tool: 'get', args: { object } })

function callForPage({ context }: LabConversation): LabCall | undefined {
  const page = readPage(context)
  return page && { tool: 'get', args: { model: page.model, object: page.id } }
}

function tellOf({ question }: LabConversation, { result = {} }: LabStep, name: string): LabMove {
  const {
    code,
    nearest = [],
    candidates
  } = (result.error ?? {}) as {
    code?: string
    nearest?: readonly string[]
    candidates?: readonly Result[]
  }
  if (candidates)
    return { text: `“${name}” may be any of these:\n\n${candidatesTable(candidates)}` }
  if (code !== 'OBJECT_NOT_FOUND') {
    const failure = sayFailure(result)
    return { text: failure ? `I could not look up “${name}”: ${failure}` : describeObject(result) }
  }
  // A plain word is not the name of an object: rather say what there is to ask.
  if (nearest.length === 0 && /^[a-z ]+$/.test(name)) return sayUnknown(question)
  const spelled = nearestSpelling(name, nearest, MAX_NEAREST)
  const near = (spelled.length > 0 ? spelled : nearest.slice(0, MAX_NEAREST)).map(
    (one) => `**${cell(one)}**`
  )
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
  return {
    text: `I found no device, location or circuit called “${name}” that you may see.${hint}`
  }
}

function candidatesTable(candidates: readonly Result[]): string {
  const columns = [...new Set(candidates.flatMap((one) => Object.keys(one)))].filter(
    (name) => name !== 'id'
  )
  return tableOf({ columns, rows: candidates.map((one) => columns.map((name) => one[name])) })
}

function describeObject(result: Result): string {
  const { model, object, fields = {} } = result
  if (typeof model !== 'string') return tableOf(result)
  const noun = nounOf(model, 1).replace(/^./, (letter) => letter.toUpperCase())
  const pairs = Object.entries(fields as Result)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => [name.replaceAll('_', ' '), value])
  const table = markdownTable(['field', 'value'], pairs)
  return `${noun} **${cell(object)}**\n\n${table}${describeRelated(result)}${gapLines(result)}`
}

interface RelatedList {
  readonly count: number
  readonly first?: readonly string[]
}

/** What points at it: how many, and the first of them. */
function describeRelated({ related, model }: Result): string {
  const lists = Object.entries((related ?? {}) as Readonly<Record<string, RelatedList>>)
  if (lists.length === 0) return ''
  const lines = lists.map(([name, { count, first = [] }]) => {
    const words = LIST_WORDS[name] ?? name.replaceAll('_', ' ')
    const more = count > first.length && first.length > 0 ? ', …' : ''
    return `- **${count}** ${words}${first.length > 0 ? `: ${first.map(cell).join(', ')}` : ''}${more}`
  })
  const head = model === 'dcim.location' ? 'There, with everything below it' : 'To it belong'
  return `\n\n${head}:\n\n${lines.join('\n')}`
}
