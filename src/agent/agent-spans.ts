import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { Attributes, Span } from '@opentelemetry/api'
import type { LlmModel, LlmProvider } from '../catalog/catalog.ts'
import { failSpan, traced } from '../platform/tracing.ts'
import type { ToolResult } from '../tool-server.ts'
import type { PlannedCall } from './agent-step.ts'
import type { TimedAnswer } from './model-turn.ts'
import { hideSecrets } from './redaction.ts'

// Names of OpenTelemetry's conventions for generative AI; what they have no name for begins with ai_ops.

const AGENT_NAME = 'nautobot-ai-ops'
/** Of one attribute. */
const MAX_CONTENT_CHARACTERS = 16_000

const PROVIDERS: Readonly<Record<LlmProvider, string>> = {
  'azure-openai': 'azure.ai.openai',
  openai: 'openai',
  anthropic: 'anthropic'
}

export interface RunFacts {
  readonly id: string
  readonly conversationId: string
  readonly correlationId: string
  /** 1, and one more each time another replica goes on, or a person has decided. */
  readonly attempt: number
  /** Of the request that asked: every attempt belongs to its trace. */
  readonly traceparent: string | undefined
}

/** One attempt to answer a run, its wait for its turn included. */
export function tracedRun<T>(run: RunFacts, work: (span: Span) => Promise<T>): Promise<T> {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': AGENT_NAME,
    'gen_ai.conversation.id': run.conversationId,
    'ai_ops.run.id': run.id,
    'ai_ops.run.attempt': run.attempt,
    'ai_ops.correlation_id': run.correlationId
  }
  // Untraced, it begins a trace of its own: never in that of whoever happened to take it over.
  const parent = run.traceparent ?? ''
  return traced({ name: `invoke_agent ${AGENT_NAME}`, attributes, parent }, work)
}

export interface ModelCall {
  readonly model: LlmModel
  /** The model that was chosen, when another one stands in. */
  readonly standsInFor: string | undefined
  /** 1, and one more for each time this model is asked the same again. */
  readonly tries: number
  readonly prompt: readonly BaseMessage[]
}

/** The spans of one run's calls. */
export interface AgentSpans {
  model(
    call: ModelCall,
    work: () => Promise<TimedAnswer>,
    errorTypeOf: (error: unknown) => string
  ): Promise<TimedAnswer>
  /** `server` is undefined when there is no such tool. */
  tool(
    call: PlannedCall,
    server: string | undefined,
    work: () => Promise<ToolResult>
  ): Promise<ToolResult>
}

export interface ToolSpansOptions {
  /** Whether spans hold what was said, cut, and without what looks like a secret. */
  readonly captureContent: boolean
  /** Names what the work throws; unless given, as everywhere. */
  readonly errorTypeOf?: (error: unknown) => string
}

export interface AgentSpansOptions extends Pick<ToolSpansOptions, 'captureContent'> {
  readonly conversationId: string
}

export function createAgentSpans({
  conversationId,
  captureContent
}: AgentSpansOptions): AgentSpans {
  const content = contentFor(captureContent)
  const tracedTool = createToolSpans({ captureContent })

  return {
    model: (call, work, errorTypeOf) => {
      const attributes = {
        ...modelAttributes(call),
        'gen_ai.conversation.id': conversationId,
        ...content('gen_ai.input.messages', () => newestOf(call.prompt))
      }
      const name = `chat ${call.model.modelName}`
      return traced({ name, kind: 'client', attributes, errorTypeOf }, async (span) => {
        const answer = await work()
        span.setAttributes(answerAttributes(answer))
        span.setAttributes(content('gen_ai.output.messages', () => [partsOf(answer.message)]))
        return answer
      })
    },

    tool: (call, server, work) => tracedTool({ ...call, server }, work)
  }
}

export interface TracedCall {
  /** Undefined for whoever gives its calls none. */
  readonly id?: string
  readonly name: string
  readonly args: unknown
  /** Undefined when there is no such tool. */
  readonly server: string | undefined
}

/** What a span tells of a result. */
export type ToldResult = Pick<ToolResult, 'isError' | 'rows' | 'text'>

/** Does the work of one call in a span of its own: for whoever calls tools, be it our agent or not. */
export type TracedTool = <Result extends ToldResult>(
  call: TracedCall,
  work: () => Promise<Result>
) => Promise<Result>

export function createToolSpans({ captureContent, ...options }: ToolSpansOptions): TracedTool {
  const content = contentFor(captureContent)

  return ({ id, name: called, args, server }, work) => {
    // A name that a model made up is what somebody said, and may be anything.
    const name = server === undefined ? 'unknown' : called
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      ...(id !== undefined && { 'gen_ai.tool.call.id': id }),
      'gen_ai.tool.type': 'function',
      'ai_ops.tool.server': server ?? 'unknown',
      ...content('gen_ai.tool.call.arguments', () => args)
    }
    const facts = { name: `execute_tool ${name}`, attributes, ...options }
    return traced(facts, async (span) => {
      const result = await work()
      if (result.isError) failSpan(span, 'tool_error')
      if (result.rows !== undefined) span.setAttribute('ai_ops.tool.rows', result.rows)
      span.setAttributes(content('gen_ai.tool.call.result', () => result.text))
      return result
    })
  }
}

const contentFor =
  (captureContent: boolean) =>
  (name: string, value: () => unknown): Attributes =>
    captureContent ? { [name]: contentOf(value()) } : {}

function modelAttributes({ model, standsInFor, tries }: ModelCall): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': PROVIDERS[model.provider],
    'gen_ai.request.model': model.modelName,
    'gen_ai.request.stream': true,
    'ai_ops.model.name': model.name,
    'ai_ops.model.tries': tries,
    ...(standsInFor !== undefined && { 'ai_ops.model.stands_in_for': standsInFor })
  }
}

function answerAttributes({ usage, finishReason, responseModel, firstPieceMs }: TimedAnswer) {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cachedInputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.response.finish_reasons': [finishReason],
    ...(responseModel !== undefined && { 'gen_ai.response.model': responseModel }),
    ...(firstPieceMs !== undefined && {
      'gen_ai.response.time_to_first_chunk': firstPieceMs / 1_000
    })
  }
}

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' }

function partsOf(message: BaseMessage) {
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []
  return {
    role: ROLES[message.type] ?? message.type,
    parts: [
      ...(message.text === '' ? [] : [{ type: 'text', content: message.text }]),
      ...calls.map(({ id, name, args }) => ({ type: 'tool_call', id, name, arguments: args }))
    ]
  }
}

/** As many of the last messages as have room, in their order. */
function newestOf(prompt: readonly BaseMessage[]) {
  const newest: ReturnType<typeof partsOf>[] = []
  let room = MAX_CONTENT_CHARACTERS
  for (const message of prompt.toReversed()) {
    const parts = partsOf(message)
    room -= JSON.stringify(parts).length
    if (room < 0 && newest.length > 0) break
    newest.unshift(parts)
  }
  return newest
}

/** Hidden first and cut then: half a secret has no form to be known by. */
function contentOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return hideSecrets(text).slice(0, MAX_CONTENT_CHARACTERS)
}
