import type { Client, InputRequiredResult } from '@modelcontextprotocol/client'
import type { z } from 'zod'
import type { ShowForm } from '../elicitation.ts'
import { traceHeaders } from '../platform/tracing.ts'
import type { ToolContext } from '../tool-server.ts'
import { type CallClock, type CallLimits, createCallClock } from './call-clock.ts'
import type { RawProgress } from './call-progress.ts'
import {
  answerInput,
  createCallerInput,
  type InputParams,
  MAX_INPUT_ROUNDS
} from './caller-input.ts'
import { McpFailure, toMcpFailure } from './mcp-failure.ts'
import type { AskCaller, OpenCalls } from './open-calls.ts'

/** The client's own time-out, which knows nothing of waiting for people, is never reached. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export interface ToolCallContext extends Omit<ToolContext, 'onElicit' | 'onProgress'> {
  /** Asks the user of this very call; absent where nobody can be asked. */
  readonly onElicit?: ShowForm
  /** Of this call's request, where the negotiated protocol knows of any. */
  readonly headers?: Readonly<Record<string, string>>
  /** Each time the server tells of this call, however often, and of whatever it tells. */
  readonly onProgress?: (progress: RawProgress) => void
  /** Sentences about what the server wanted in the middle of the call. */
  readonly onNote?: (sentence: string) => void
}

interface Asking extends Pick<ToolCallContext, 'correlationId' | 'headers' | 'onProgress'> {
  /** Of whoever asked. */
  readonly asked: AbortSignal
  readonly clock: CallClock
}

interface Request {
  readonly method: string
  readonly params: Record<string, unknown>
}

/** Requests of one connection. Everything throws McpFailure, or the reason of `context.signal`'s abort. */
export interface McpRequests {
  ask<T>(request: Request, schema: z.ZodType<T>, context: ToolCallContext): Promise<T>
  /** Repeated with what the server wants to know first, a few times. */
  askWithInput<T>(request: Request, schema: z.ZodType<T>, context: ToolCallContext): Promise<T>
}

export function createMcpRequests(
  client: Client,
  calls: OpenCalls,
  limits: CallLimits
): McpRequests {
  const { callTimeoutMs, totalTimeoutMs } = limits
  const mayGoOn = totalTimeoutMs > callTimeoutMs

  async function send<T>(
    request: Request,
    schema: z.ZodType<T>,
    asking: Asking
  ): Promise<T | InputRequiredResult> {
    const { asked, clock, correlationId, headers: own, onProgress } = asking
    asked.throwIfAborted()
    const { withInputRequired } = await import('@modelcontextprotocol/client')
    const mayAdd = client.getProtocolEra() === 'modern'
    const headers = { ...(mayAdd && own), 'x-request-id': correlationId, ...traceHeaders() }
    try {
      return await client.request(request, withInputRequired(schema), {
        ...{ headers, timeout: NO_TIMEOUT_MS, allowInputRequired: true },
        signal: AbortSignal.any([asked, clock.signal]),
        ...((mayGoOn || onProgress) && { onprogress: hearing(asking, mayGoOn) })
      })
    } catch (error) {
      asked.throwIfAborted()
      throw clock.failure() ?? toMcpFailure(error, callTimeoutMs)
    }
  }

  async function sendInRounds<T>(
    { method, params }: Request,
    schema: z.ZodType<T>,
    { asking, ask, signal }: InRounds
  ): Promise<T> {
    let input: InputParams = {}
    for (let round = 0; round <= MAX_INPUT_ROUNDS; round += 1) {
      const request = { method, params: { ...params, ...input } }
      const result = await send(request, schema, asking).catch((error: unknown) => {
        throw round === 0 ? error : asRepeated(error)
      })
      if (!isInputRequired(result)) return result
      input = await answerInput(result, ask, signal).catch((error: unknown) => {
        asking.asked.throwIfAborted()
        throw asking.clock.failure() ?? error
      })
    }
    throw new McpFailure('refused', 'It asked for input again and again: given up.')
  }

  return {
    ask: (request, schema, context) =>
      timed(limits, context, async (asking) => {
        const result = await send(request, schema, asking)
        if (!isInputRequired(result)) return result
        throw new McpFailure('failed', 'it asks for input where none can be given.')
      }),
    askWithInput: (request, schema, context) =>
      timed(limits, context, async (asking) => {
        const over = new AbortController()
        const { asked, clock } = asking
        const signal = AbortSignal.any([asked, clock.signal, over.signal])
        const { onElicit, onNote = () => undefined } = context
        const wait = { clock, signal, maxWaitMs: totalTimeoutMs }
        const ask = createCallerInput({ onElicit, onNote, ...wait })
        try {
          return await calls.run(ask, () => sendInRounds(request, schema, { asking, ask, signal }))
        } finally {
          over.abort()
        }
      })
  }
}

/** Progress is asked for only where somebody listens, or may wait longer for it. */
function hearing({ clock, onProgress }: Asking, mayGoOn: boolean) {
  return (progress: RawProgress) => {
    if (mayGoOn) clock.news()
    onProgress?.(progress)
  }
}

async function timed<T>(
  limits: CallLimits,
  { signal: asked, correlationId, headers, onProgress }: ToolCallContext,
  work: (asking: Asking) => Promise<T>
): Promise<T> {
  const clock = createCallClock(limits)
  try {
    const own = { ...(headers && { headers }), ...(onProgress && { onProgress }) }
    return await work({ asked, clock, correlationId, ...own })
  } finally {
    clock.stop()
  }
}

interface InRounds {
  readonly asking: Asking
  readonly ask: AskCaller
  /** Aborts when the call is over. */
  readonly signal: AbortSignal
}

function isInputRequired(result: unknown): result is InputRequiredResult {
  return (result as { resultType?: unknown }).resultType === 'input_required'
}

/** What was not executed now may have been in part before: it is never begun anew. */
function asRepeated(error: unknown): unknown {
  const isSafe = !(error instanceof McpFailure) || ['timeout', 'refused'].includes(error.kind)
  return isSafe ? error : new McpFailure('failed', error.message, error)
}
