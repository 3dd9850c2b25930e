import type { ReadMessage, ReadToolCall } from './conversation-reader.ts'
import type { Conversation } from './conversations.ts'

const MAX_NAME_CHARACTERS = 60
const SUMMARISED = '*From here on the model read a summary of what was said before:*'
const SHORTEST_FENCE = 3

/** A conversation to keep as a document; `json` is what the API answers, `markdown` is for people. */
export function toMarkdown({ title, createdAt, messages }: Conversation): string {
  const head = `# ${escaped(title)}\n\nBegun ${new Date(createdAt).toISOString()}.`
  return `${[head, ...messages.map(messageText)].join('\n\n')}\n`
}

/** For `Content-Disposition`: of the title what every file system takes. */
export function fileNameOf(title: string): string {
  const plain = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const words = plain.match(/[a-z0-9]+/g) ?? []
  const name = words.join('-').slice(0, MAX_NAME_CHARACTERS).replace(/-$/, '')
  return name || 'conversation'
}

function messageText({ role, text, incomplete, summary, toolCalls = [] }: ReadMessage): string {
  const parts = [
    `## ${role === 'user' ? 'Question' : 'Answer'}`,
    ...(summary ? [SUMMARISED, fenced(summary)] : []),
    ...(text ? [text] : []),
    ...(incomplete ? ['*This answer was cut short.*'] : []),
    ...toolCalls.map(callText)
  ]
  return parts.join('\n\n')
}

function callText({ name, arguments: input, result, isError }: ReadToolCall): string {
  const sent = typeof input === 'string' ? input : JSON.stringify(input, undefined, 2)
  const outcome = result === undefined ? 'No result.' : fenced(result)
  const word = isError ? 'Error' : 'Result'
  return [`### Tool ${inlineCode(name)}`, fenced(sent), `${word}:`, outcome].join('\n\n')
}

/** Whatever is in it, it ends at our fence and not before. */
function fenced(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(Math.max(SHORTEST_FENCE, longest + 1))
  return `${fence}\n${text}\n${fence}`
}

function inlineCode(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&')
}
