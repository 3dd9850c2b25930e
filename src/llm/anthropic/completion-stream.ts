import { isRecord } from '../../platform/json.ts'
import { type AnthropicUsage, finishReasonOf, toUsage } from './completion.ts'
import { readEvents } from './server-sent-events.ts'

type Data = Readonly<Record<string, unknown>>

/**
 * The stream of a chat completion, made from one of the Messages API. What is thought is not passed on; like a ping, it
 * only says that the model is alive. An error event is passed on as one; no end is made up where none was told.
 */
export async function* toChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  const translate = createTranslation()
  for await (const data of readEvents(body)) {
    for (const line of translate(JSON.parse(data) as Data)) {
      yield encoder.encode(`data: ${line}\n\n`)
    }
  }
}

interface Answer {
  readonly head: { id: string; readonly object: string; readonly created: number; model: string }
  /** Place among the tool calls by place among the blocks. */
  readonly callIndexes: Map<unknown, number>
  usage: AnthropicUsage
  began: boolean
}

type Handler = (answer: Answer, event: Data) => readonly string[]

function createTranslation(): (event: Data) => readonly string[] {
  const answer: Answer = {
    head: { id: '', object: 'chat.completion.chunk', created: 0, model: '' },
    callIndexes: new Map(),
    usage: {},
    began: false
  }
  return (event) => HANDLERS.get(String(event.type))?.(answer, event) ?? []
}

function chunk(answer: Answer, delta: Data, finish_reason: string | null = null): string {
  const whole = answer.began ? delta : { role: 'assistant', ...delta }
  answer.began = true
  return JSON.stringify({ ...answer.head, choices: [{ index: 0, delta: whole, finish_reason }] })
}

function callChunk(answer: Answer, index: number, call: Data): string {
  return chunk(answer, { tool_calls: [{ index, ...call }] })
}

/** Nothing before the first piece: until then the model's own time-out counts. */
const alive: Handler = (answer) => (answer.began ? [chunk(answer, {})] : [])

const begin: Handler = (answer, { message }) => {
  if (!isRecord(message)) return []
  answer.head.id = String(message.id ?? '')
  answer.head.model = String(message.model ?? '')
  answer.usage = withoutNulls(message.usage)
  return []
}

const beginBlock: Handler = (answer, { index, content_block: block }) => {
  if (!isRecord(block)) return []
  if (block.type === 'text') return block.text ? [chunk(answer, { content: block.text })] : []
  if (block.type !== 'tool_use') return []
  const place = answer.callIndexes.size
  answer.callIndexes.set(index, place)
  const called = { name: block.name, arguments: '' }
  return [callChunk(answer, place, { id: block.id, type: 'function', function: called })]
}

const addToBlock: Handler = (answer, { index, delta }) => {
  if (!isRecord(delta)) return []
  if (delta.type === 'text_delta') return [chunk(answer, { content: delta.text })]
  const place = answer.callIndexes.get(index)
  if (delta.type !== 'input_json_delta' || place === undefined) return [chunk(answer, {})]
  return [callChunk(answer, place, { function: { arguments: delta.partial_json } })]
}

const end: Handler = (answer, { delta, usage }) => {
  // The last word counts whole, not what came since the one before.
  answer.usage = { ...answer.usage, ...withoutNulls(usage) }
  const reason = isRecord(delta) ? delta.stop_reason : undefined
  return typeof reason === 'string' ? [chunk(answer, {}, finishReasonOf(reason))] : []
}

const stop: Handler = ({ head, usage }) => [
  JSON.stringify({ ...head, choices: [], usage: toUsage(usage) }),
  '[DONE]'
]

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['message_start', begin],
  ['content_block_start', beginBlock],
  ['content_block_delta', addToBlock],
  ['message_delta', end],
  ['message_stop', stop],
  ['ping', alive],
  ['error', (_answer, { error }) => [JSON.stringify({ error })]]
])

function withoutNulls(given: unknown): AnthropicUsage {
  if (!isRecord(given)) return {}
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'number'))
}
