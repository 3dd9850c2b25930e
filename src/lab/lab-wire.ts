import { setTimeout as sleep } from 'node:timers/promises'
import type { LabMove } from './lab-move.ts'
import type { LabTool } from './lab-request.ts'

/** Name of the model in requests and answers. */
export const LAB_MODEL_ID = 'lab-model'

const CHARACTERS_PER_TOKEN = 4

interface Completion {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly move: LabMove
  /** The tools' names as they were offered. */
  readonly tools: ReadonlyMap<LabTool, string>
  /** Characters of the request, for the usage. */
  readonly promptCharacters: number
}

interface WireCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

function callsOf({ id, move, tools }: Completion): readonly WireCall[] {
  if (!('calls' in move)) return []
  return move.calls.map(({ tool, args }, index) => ({
    id: `call_${id}_${index}`,
    type: 'function',
    function: { name: tools.get(tool) ?? tool, arguments: JSON.stringify(args) }
  }))
}

function usageOf(completion: Completion) {
  const { move, promptCharacters } = completion
  const said = 'text' in move ? move.text : JSON.stringify(move.calls)
  const tokens = (characters: number) => Math.ceil(characters / CHARACTERS_PER_TOKEN)
  const [prompt, answer] = [tokens(promptCharacters), tokens(said.length)]
  return { prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer }
}

/** The answer to a request that does not stream. */
export function wholeCompletion(completion: Completion): Readonly<Record<string, unknown>> {
  const { id, created, move } = completion
  const calls = callsOf(completion)
  const message = {
    role: 'assistant',
    content: 'text' in move ? move.text : null,
    ...(calls.length > 0 && { tool_calls: calls })
  }
  const finish = calls.length > 0 ? 'tool_calls' : 'stop'
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created,
    model: LAB_MODEL_ID,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: usageOf(completion)
  }
}

interface Streaming {
  readonly includeUsage: boolean
  readonly delayMs: number
  /** Aborts when the client has left. */
  readonly signal: AbortSignal
}

/** The same, as server-sent events: texts word by word, calls whole. Ends silently when the client leaves. */
export async function* streamedCompletion(
  completion: Completion,
  { includeUsage, delayMs, signal }: Streaming
): AsyncGenerator<string, void> {
  const { id, created } = completion
  const chunk = (body: Readonly<Record<string, unknown>>) =>
    `data: ${JSON.stringify({ id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model: LAB_MODEL_ID, ...body })}\n\n`
  const delta = (given: unknown, finish: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: given, logprobs: null, finish_reason: finish }] })

  yield delta({ role: 'assistant', content: '' })
  const calls = callsOf(completion)
  for (const [index, call] of calls.entries()) {
    yield delta({ tool_calls: [{ index, ...call }] })
  }
  for (const content of wordsOf(completion.move)) {
    const isOver = await sleep(delayMs, false, { signal }).catch(() => true)
    if (isOver) return
    yield delta({ content })
  }
  yield delta({}, calls.length > 0 ? 'tool_calls' : 'stop')
  if (includeUsage) yield chunk({ choices: [], usage: usageOf(completion) })
  yield 'data: [DONE]\n\n'
}

function wordsOf(move: LabMove): readonly string[] {
  return 'text' in move ? (move.text.match(/\s*\S+\s*?(?=\s|$)/g) ?? []) : []
}
