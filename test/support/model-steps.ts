import type { IncomingHttpHeaders } from 'node:http'

/** One thing the model does while it answers. Build them with `say`, `callTool`, `refuse` …. */
export type ModelStep =
  | { readonly kind: 'say'; readonly chunks: readonly string[]; readonly delayMs: number }
  | { readonly kind: 'call-tool'; readonly name: string; readonly args: string }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'end-early' }
  | { readonly kind: 'finish'; readonly reason: string }
  | { readonly kind: 'raw'; readonly text: string }
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

export interface OfferedTool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string
    readonly parameters?: Readonly<Record<string, unknown>>
  }
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content: unknown
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

export interface ModelRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly model?: string
    readonly stream?: boolean
    readonly messages: readonly ChatMessage[]
    readonly tools?: readonly OfferedTool[]
    readonly [name: string]: unknown
  }
  /** The client closed the connection before the answer was complete. */
  closedByClient: boolean
  /** Settles when the answer is complete or its connection is gone. */
  readonly ended: Promise<void>
}

export type Respond = (
  request: ModelRequest,
  index: number
) => readonly ModelStep[] | Promise<readonly ModelStep[]>

/** Text, whole or in the given pieces, `delayMs` apart. */
export function say(text: string | readonly string[], delayMs = 0): ModelStep {
  return { kind: 'say', chunks: typeof text === 'string' ? [text] : text, delayMs }
}

/** A tool call; a string goes out as it is, so that arguments can be malformed. */
export function callTool(name: string, args: unknown): ModelStep {
  return { kind: 'call-tool', name, args: typeof args === 'string' ? args : JSON.stringify(args) }
}

export function pause(ms: number): ModelStep {
  return { kind: 'pause', ms }
}

/** Nothing more comes, and the connection stays open. As the first step: not even headers. */
export function silence(): ModelStep {
  return { kind: 'silence' }
}

/** The connection is destroyed in mid-answer. */
export function cut(): ModelStep {
  return { kind: 'cut' }
}

/** The response ends properly, but the stream has no finish reason and no `[DONE]`. */
export function endEarly(): ModelStep {
  return { kind: 'end-early' }
}

/** Ends with a finish reason of choice: `length`, `content_filter`. */
export function finish(reason: string): ModelStep {
  return { kind: 'finish', reason }
}

/** Bytes as they are, between events: malformed SSE, comments, error events. */
export function raw(text: string): ModelStep {
  return { kind: 'raw', text }
}

/** An HTTP error instead of an answer; must be the first step. */
export function refuse(
  status: number,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {}
): ModelStep {
  const body = options.body ?? { error: { message: `scripted ${status}`, type: 'scripted' } }
  const isText = typeof body === 'string'
  return {
    kind: 'refuse',
    status,
    headers: { 'content-type': isText ? 'text/html' : 'application/json', ...options.headers },
    body: isText ? body : JSON.stringify(body)
  }
}

/** Text of a message, whatever form its content has; what a tool returned without its fence. */
export function textOf(message: ChatMessage): string {
  if (typeof message.content === 'string') {
    return message.role === 'tool' ? withoutFence(message.content) : message.content
  }
  if (!Array.isArray(message.content)) return ''
  return message.content.map((part: { text?: string }) => part.text ?? '').join('')
}

function withoutFence(content: string): string {
  const [, , text = content] =
    /^\[data (\w+)[^\n]*\]\n([\s\S]*)\n\[\/data \1\]$/.exec(content) ?? []
  return text
}

/** The messages after the last question. */
export function sinceLastQuestion(request: ModelRequest): readonly ChatMessage[] {
  const { messages } = request.body
  return messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1)
}

/** A tool to call when it is offered: by name, or by the end of a prefixed name. */
export interface PlannedCall {
  readonly tool: string
  readonly args: unknown
}

/**
 * Calls each planned tool that is offered, once per question, all in one message; then answers with text built
 * from the tool results. Says so when none of them is offered.
 */
export function callOfferedTools(
  plan: readonly PlannedCall[] | ((question: string) => readonly PlannedCall[]),
  answer: (results: readonly string[]) => string = (results) => results.join('\n')
): Respond {
  return ({ body, ...request }) => {
    const since = sinceLastQuestion({ body, ...request } as ModelRequest)
    const results = since.filter(({ role }) => role === 'tool').map(textOf)
    if (results.length > 0) return [say(answer(results))]
    const question = body.messages.findLast(({ role }) => role === 'user')
    const calls = typeof plan === 'function' ? plan(question ? textOf(question) : '') : plan
    const offered = (body.tools ?? []).map((tool) => tool.function.name)
    const steps = calls.flatMap(({ tool, args }) => {
      const name = offered.find((candidate) => candidate === tool || candidate.endsWith(`_${tool}`))
      return name ? [callTool(name, args)] : []
    })
    return steps.length > 0 ? steps : [say(`No planned tool is offered: ${offered.join(', ')}`)]
  }
}
