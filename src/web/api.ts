import type { FormValues } from '../elicitation.ts'
import type { ErrorBody } from '../errors.ts'
import type { PageContext, RunView as RunRecord, RunStep } from '../runs/run.ts'
import type { StepRecipes } from '../runs/step-recipes.ts'
import { ChatError } from './chat-error.ts'
import type { SessionTokens } from './session-token.ts'
import { readSse, type SseEvent } from './sse.ts'

/** The service's own limit of a question. */
export const MAX_MESSAGE_CHARS = 32_000
export const JSON_TIMEOUT_MS = 15_000
/** Until the first byte of an answer's head; a run that waits in the queue has it at once. */
export const STREAM_HEAD_TIMEOUT_MS = 45_000
/** The service writes a comment every few seconds: a line silent this long is dead. */
export const STREAM_SILENCE_MS = 45_000

export interface ModelOption {
  readonly id: string
  readonly name: string
  readonly provider: string
  readonly isDefault: boolean
  readonly isLab: boolean
  readonly status: string
  /** The servers that a conversation with it begins with; undefined: all. */
  readonly mcpServers?: readonly string[]
  /** What came of the last probe. */
  readonly probe?: { readonly ok: boolean; readonly sentence: string }
}

export interface ServerOption {
  readonly id: string
  readonly name: string
  readonly status: string
}

/** What the page needs before the first question. */
export interface ChatOptions {
  readonly version: string
  readonly environment: string
  readonly identity: { readonly username: string }
  readonly models: readonly ModelOption[]
  readonly mcpServers: readonly ServerOption[]
}

export interface Ask {
  readonly message: string
  readonly conversationId?: string
  /** The earlier question in whose place it is asked. */
  readonly replaces?: string
  /** The earlier question behind whose answer it is asked; the newest one without it. */
  readonly after?: string
  readonly model?: string
  readonly mcpServers?: readonly string[] | null
  readonly pageContext?: PageContext
}

/** An open event stream of a run. It ends by itself when its signal aborts. */
export interface RunStream {
  /** Undefined where a proxy hides the header; RUN_STARTED has it too. */
  readonly runId: string | undefined
  readonly events: AsyncIterable<SseEvent>
}

/** What a person decided on one action. */
export interface Decision {
  readonly toolCallId: string
  readonly decision: 'approve' | 'reject'
  readonly reason?: string
}

/** What a person says to a form of a tool server. */
export interface FormAnswer {
  readonly action: 'accept' | 'decline' | 'cancel'
  readonly content?: FormValues
}

/** Why it could not be sent, and what is wrong with which field. */
export interface AnswerProblem {
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
}

export type LookedUpStep = RunStep & { readonly recipes?: StepRecipes }

/** What the page reads of a run beside its events. An older service does not say all of it. */
export interface RunView
  extends Pick<
      RunRecord,
      'state' | 'createdAt' | 'endedAt' | 'model' | 'question' | 'approvals' | 'footer' | 'error'
    >,
    Partial<Pick<RunRecord, 'username' | 'standIns' | 'prompt' | 'modelCalls'>> {
  readonly steps: readonly LookedUpStep[]
}

/** The service as the chat uses it. Every method throws ChatError, and the signal's reason once aborted. */
export interface ChatApi {
  options(signal: AbortSignal): Promise<ChatOptions>
  ask(question: Ask, signal: AbortSignal): Promise<RunStream>
  run(runId: string, signal: AbortSignal): Promise<RunView>
  follow(runId: string, lastEventId: string | undefined, signal: AbortSignal): Promise<RunStream>
  cancel(runId: string, signal: AbortSignal): Promise<void>
  decide(runId: string, decisions: readonly Decision[], signal: AbortSignal): Promise<void>
  answer(form: FormPlace, answer: FormAnswer, signal: AbortSignal): Promise<void>
}

export interface FormPlace {
  readonly runId: string
  readonly elicitationId: string
}

export interface ApiOptions {
  /** The service's address; empty for the page's own host. */
  readonly baseUrl: string
  /** Undefined where the service knows its only user itself. */
  readonly tokens: SessionTokens | undefined
  readonly fetch?: typeof globalThis.fetch
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** For an answer that is no stream. Default: JSON_TIMEOUT_MS. */
  readonly timeoutMs?: number
}

export function createChatApi(options: ApiOptions): ChatApi {
  const send = createSender(options)
  const runPath = (runId: string): string => `/runs/${encodeURIComponent(runId)}`
  return {
    options: (signal) => readJson(send, { method: 'GET', path: '/chat/options' }, signal),
    ask: (question, signal) =>
      // This page shows the forms of tool servers.
      openStream(
        send,
        { method: 'POST', path: '/chat', body: { ...question, canAnswer: true } },
        signal
      ),
    run: (runId, signal) => readJson(send, { method: 'GET', path: runPath(runId) }, signal),
    follow(runId, lastEventId, signal) {
      const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
      return openStream(send, { method: 'GET', path: `${runPath(runId)}/events`, headers }, signal)
    },
    async cancel(runId, signal) {
      await readJson(send, { method: 'POST', path: `${runPath(runId)}/cancel` }, signal)
    },
    async decide(runId, decisions, signal) {
      const path = `${runPath(runId)}/approvals`
      await readJson(send, { method: 'POST', path, body: { decisions } }, signal)
    },
    async answer({ runId, elicitationId }, body, signal) {
      const path = `${runPath(runId)}/elicitations/${encodeURIComponent(elicitationId)}`
      await send({ method: 'POST', path, body }, inTime(signal))
    }
  }
}

export type Send = (call: Call, signal: AbortSignal) => Promise<Response>

/** Sends with the person's token, once more with a fresh one after a 401; answers successes only. */
export function createSender({ baseUrl, tokens, fetch = globalThis.fetch }: ApiOptions): Send {
  const base = `${baseUrl.replace(/\/+$/, '')}/api/v1`

  async function once({ method, path, headers, body }: Call, signal: AbortSignal) {
    const authorization = tokens && { Authorization: `Bearer ${await tokens.get()}` }
    const json = body !== undefined && { 'Content-Type': 'application/json' }
    const request: RequestInit = {
      method,
      credentials: 'omit',
      cache: 'no-store',
      headers: { ...json, ...headers, ...authorization },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal
    }
    return await fetch(base + path, request).catch((cause: unknown) => {
      throw connectionError(cause, signal)
    })
  }

  return async (call, signal) => {
    let response = await once(call, signal)
    if (response.status === 401 && tokens) {
      tokens.forget()
      response = await once(call, signal)
    }
    if (!response.ok) throw await serviceError(response)
    return response
  }
}

/** The JSON of an answer that has to come in time. */
export async function readJson<T>(send: Send, call: Call, signal: AbortSignal): Promise<T> {
  const headers = { ...call.headers, Accept: 'application/json' }
  const response = await send({ ...call, headers }, inTime(signal, call.timeoutMs))
  return (await response.json().catch((cause: unknown) => {
    throw new ChatError('BAD_ANSWER', 'The service sent something that is no JSON.', { cause })
  })) as T
}

/** Aborts with the signal, or when an answer that is no stream takes too long. */
export function inTime(signal: AbortSignal, timeoutMs = JSON_TIMEOUT_MS): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
}

async function openStream(send: Send, call: Call, signal: AbortSignal): Promise<RunStream> {
  const silence = createSilenceTimer(signal)
  try {
    const headers = { ...call.headers, Accept: 'text/event-stream' }
    const response = await send({ ...call, headers }, silence.signal)
    return {
      runId: response.headers.get('X-Run-Id') ?? undefined,
      events: readEvents(response, silence, signal)
    }
  } catch (error) {
    silence.stop()
    throw error
  }
}

interface SilenceTimer {
  readonly signal: AbortSignal
  restart(): void
  stop(): void
}

function createSilenceTimer(outer: AbortSignal): SilenceTimer {
  const controller = new AbortController()
  const silent = () => controller.abort(new DOMException('silent', 'TimeoutError'))
  let timer = setTimeout(silent, STREAM_HEAD_TIMEOUT_MS)
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    restart() {
      clearTimeout(timer)
      timer = setTimeout(silent, STREAM_SILENCE_MS)
    },
    stop: () => clearTimeout(timer)
  }
}

async function* readEvents(
  response: Response,
  silence: SilenceTimer,
  signal: AbortSignal
): AsyncGenerator<SseEvent, void> {
  try {
    if (!response.body) throw new ChatError('BAD_ANSWER', 'The service sent an empty answer.')
    silence.restart()
    yield* readSse(response.body, silence.restart)
  } catch (error) {
    throw error instanceof ChatError ? error : connectionError(error, signal)
  } finally {
    silence.stop()
  }
}

/** A caller's own abort stays what it is; everything else is a sentence. */
function connectionError(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted && !isTimeout(signal.reason)) return signal.reason
  if (navigator.onLine === false) {
    return new ChatError('OFFLINE', 'This computer is offline.', { retryable: true, cause })
  }
  const slow = isTimeout(cause)
  return new ChatError(
    slow ? 'SERVICE_SLOW' : 'SERVICE_UNREACHABLE',
    slow ? 'The AI Ops service takes too long to answer.' : 'The AI Ops service does not answer.',
    { retryable: true, cause }
  )
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

async function serviceError(response: Response): Promise<ChatError> {
  const body = (await response.json().catch(() => undefined)) as Partial<ErrorBody> | undefined
  const error = body?.error
  if (typeof error?.code === 'string' && typeof error.message === 'string') {
    const { retryable, details } = error
    return new ChatError(error.code, error.message, { retryable, details })
  }
  const message = `The way to the AI Ops service answered ${response.status} without a reason.`
  return new ChatError('BAD_ANSWER', message, { retryable: response.status >= 500 })
}
