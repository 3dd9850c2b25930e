import { isRecord } from '../../platform/json.ts'

/** What the model client asks for: the parts of a chat completion that it uses. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly tool_choice?: unknown
  readonly stream?: boolean
  readonly max_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
}

interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly tool_call_id?: string
  readonly tool_calls?: readonly ChatToolCall[]
}

interface ChatToolCall {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

interface ChatTool {
  readonly function: {
    readonly name: string
    readonly description?: string
    readonly parameters?: unknown
  }
}

type Block = Readonly<Record<string, unknown>>

interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: Block[]
}

/** The Messages API demands a bound; every model of today takes this one. */
const DEFAULT_MAX_TOKENS = 8192
/** The provider keeps what stands before such a mark for some minutes, and reads it at a tenth of the price. */
const CACHED = { cache_control: { type: 'ephemeral' } } as const
const SYSTEM_ROLES = new Set(['system', 'developer'])

export function toMessagesRequest(request: ChatRequest): Readonly<Record<string, unknown>> {
  const { model, messages, tools, tool_choice: choice, stream, temperature, top_p } = request
  const system = messages
    .filter(({ role }) => SYSTEM_ROLES.has(role))
    .map(textOf)
    .join('\n\n')
  const toolChoice = toToolChoice(choice)
  return {
    model,
    max_tokens: request.max_tokens ?? DEFAULT_MAX_TOKENS,
    ...(stream && { stream: true }),
    ...(temperature !== undefined && { temperature }),
    ...(top_p !== undefined && { top_p }),
    ...(tools?.length && { tools: tools.map(toTool) }),
    ...(tools?.length && toolChoice && { tool_choice: toolChoice }),
    // Tools come first: this mark is behind them and the prompt.
    ...(system && { system: [{ type: 'text', text: system, ...CACHED }] }),
    messages: markLast(toMessages(messages.filter(({ role }) => !SYSTEM_ROLES.has(role))))
  }
}

/** Turns alternate, and results of tools are the user's: what follows itself is put together. */
function toMessages(messages: readonly ChatMessage[]): Message[] {
  const turns: Message[] = []
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = blocksOf(message)
    if (content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else turns.push({ role, content })
  }
  return turns
}

function blocksOf(message: ChatMessage): Block[] {
  if (message.role === 'tool') {
    const id = toId(message.tool_call_id ?? '')
    return [{ type: 'tool_result', tool_use_id: id, content: textOf(message) }]
  }
  const text = textOf(message)
  const calls = message.tool_calls ?? []
  // An empty text is refused.
  return [...(text.trim() ? [{ type: 'text', text }] : []), ...calls.map(toToolUse)]
}

function toToolUse({ id, function: { name, arguments: text } }: ChatToolCall): Block {
  return { type: 'tool_use', id: toId(id), name, input: toInput(text) }
}

function toInput(text: string): unknown {
  try {
    const input: unknown = JSON.parse(text || '{}')
    return isRecord(input) ? input : {}
  } catch {
    return {}
  }
}

/** Calls that another provider's model made earlier in the conversation may be named with more than is allowed. */
function toId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_')
}

/** A choice between whole schemas is refused at the top: what each has in common stays. */
function toTool({ function: { name, description, parameters } }: ChatTool): Block {
  const given = isRecord(parameters) ? parameters : {}
  const { anyOf: _any, oneOf: _one, allOf: _all, ...schema } = given
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: { ...schema, type: 'object' }
  }
}

const TOOL_CHOICES: Readonly<Record<string, string>> = {
  auto: 'auto',
  required: 'any',
  any: 'any',
  none: 'none'
}

function toToolChoice(choice: unknown): Block | undefined {
  if (typeof choice === 'string') {
    const type = TOOL_CHOICES[choice]
    return type === undefined ? undefined : { type }
  }
  const wanted = isRecord(choice) && isRecord(choice.function) ? choice.function.name : undefined
  return typeof wanted === 'string' ? { type: 'tool', name: wanted } : undefined
}

/** The conversation so far is read again with the next call. */
function markLast(messages: Message[]): Message[] {
  const content = messages.at(-1)?.content
  const last = content?.pop()
  if (content && last) content.push({ ...last, ...CACHED })
  return messages
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isRecord(part) && part.type === 'text' ? part.text : '')).join('')
}
