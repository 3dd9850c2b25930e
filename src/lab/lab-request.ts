import { z } from 'zod'

/** Older messages are not looked at. */
const MAX_MESSAGES = 200
const MAX_QUESTION_CHARACTERS = 2000

const contentSchema = z
  .union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()])
  .optional()
  .transform((content) => {
    if (Array.isArray(content)) return content.map(({ text }) => text ?? '').join('')
    return content ?? ''
  })

const messageSchema = z.looseObject({
  role: z.string(),
  content: contentSchema,
  tool_calls: z
    .array(
      z.looseObject({
        id: z.string(),
        function: z.looseObject({ name: z.string(), arguments: z.string() })
      })
    )
    .nullish(),
  tool_call_id: z.string().nullish()
})

/** A request for a chat completion, as far as the lab model reads it. */
export const completionRequestSchema = z.looseObject({
  model: z.string().optional(),
  messages: z.array(messageSchema).min(1),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish()
})
export type CompletionRequest = z.infer<typeof completionRequestSchema>
type Message = z.infer<typeof messageSchema>

const TOOLS = ['changes', 'count', 'describe', 'find', 'get'] as const
export type LabTool = (typeof TOOLS)[number]

/** A call of one of the tools. */
export interface LabCall {
  readonly tool: LabTool
  readonly args: Readonly<Record<string, unknown>>
}

/** A call with what came of it. */
export interface LabStep extends LabCall {
  /** Undefined while there is no result that can be read. */
  readonly result: Readonly<Record<string, unknown>> | undefined
}

/** A question with what was asked of Nautobot for it. */
export interface LabTurn {
  readonly question: string
  readonly steps: readonly LabStep[]
}

/** What the lab model knows: the request, and nothing else. */
export interface LabConversation {
  readonly question: string
  /** Lines of the context block, by their first word: date, user, page. */
  readonly context: ReadonlyMap<string, string>
  /** Earlier questions, oldest first. */
  readonly turns: readonly LabTurn[]
  /** All of theirs. */
  readonly earlier: readonly LabStep[]
  /** Of this question. */
  readonly steps: readonly LabStep[]
  /** The offered tools' full names. */
  readonly tools: ReadonlyMap<LabTool, string>
}

/** Reads a conversation out of a request. */
export function readConversation(request: CompletionRequest): LabConversation {
  const messages = request.messages.slice(-MAX_MESSAGES)
  const asked = messages.findLastIndex(({ role }) => role === 'user')
  const { context, question } = splitContext(messages[asked]?.content ?? '')
  const names = (request.tools ?? []).map((tool) => tool.function.name)
  const tools = TOOLS.flatMap((tool) => {
    const name = names.find((offered) => toolOf(offered) === tool)
    return name === undefined ? [] : [[tool, name] as const]
  })
  return {
    question: question.slice(0, MAX_QUESTION_CHARACTERS),
    context,
    turns: turnsOf(messages.slice(0, Math.max(0, asked))),
    earlier: stepsOf(messages.slice(0, Math.max(0, asked))),
    steps: stepsOf(messages.slice(asked + 1)),
    tools: new Map(tools)
  }
}

function turnsOf(messages: readonly Message[]): LabTurn[] {
  const starts = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []))
  return starts.map((start, number) => {
    const { question } = splitContext(messages[start]?.content ?? '')
    const steps = stepsOf(messages.slice(start + 1, starts[number + 1]))
    return { question: question.slice(0, MAX_QUESTION_CHARACTERS), steps }
  })
}

/** A tool may be offered under its server's name: `nautobot_count`. */
function toolOf(name: string): LabTool | undefined {
  // A query kept in Nautobot may end in one of these words.
  const [, tool] = name.startsWith('saved_')
    ? []
    : (/(?:^|[_-])(changes|count|describe|find|get)$/.exec(name) ?? [])
  return tool as LabTool | undefined
}

function splitContext(content: string) {
  const [, block = '', question = content] =
    /^\[context\]\n([\s\S]*?)\n?\[\/context\]\n?([\s\S]*)$/.exec(content) ?? []
  const lines = block.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^\s*([\w ]+?)\s*:\s*(.+)$/.exec(line) ?? []
    return name ? [[name.toLowerCase(), value.trim()] as const] : []
  })
  return { context: new Map(lines), question: question.trim() }
}

function stepsOf(messages: readonly Message[]): LabStep[] {
  const results = new Map(
    messages.map((message) => [message.tool_call_id, withoutFence(message.content ?? '')])
  )
  return messages.flatMap(({ tool_calls }) =>
    (tool_calls ?? []).flatMap((call) => {
      const tool = toolOf(call.function.name)
      if (!tool) return []
      const args = parseObject(call.function.arguments) ?? {}
      return [{ tool, args, result: parseObject(results.get(call.id) ?? '') }]
    })
  )
}

/** What is between the marks that tell a model where a result ends. */
function withoutFence(content: string): string {
  const [, , text = content] =
    /^\[data (\w+)[^\n]*\]\n([\s\S]*)\n\[\/data \1\]$/.exec(content) ?? []
  return text
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Record<string, unknown>) : { text }
  } catch {
    return text === '' ? undefined : { text }
  }
}
