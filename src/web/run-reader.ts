import type { AgentEvent } from '../agent/agent-events.ts'
import type { ChatApi, RunStream } from './api.ts'
import { ChatError, toFailure } from './chat-error.ts'
import type { SseEvent } from './sse.ts'

/** Waits between attempts to reach a run again; the last one repeats. */
export const RECONNECT_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const
const LAST_DELAY_MS = 15_000
/** About five minutes of trying without a single event. */
export const MAX_RECONNECTS = 24

export interface ReadRunOptions {
  readonly api: Pick<ChatApi, 'follow'>
  /** The stream that the question itself opened; undefined to read a run from its start. */
  readonly first: RunStream | undefined
  readonly runId: string | undefined
  readonly signal: AbortSignal
  readonly onLink: (link: 'live' | 'reconnecting') => void
  /** Resolves after the delay, or earlier when the network is back. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<void>
}

interface Position {
  stream: RunStream | undefined
  runId: string | undefined
  lastEventId: string | undefined
  failures: number
  ended: boolean
}

/**
 * The events of one run, each once and in order, until its terminal one, over as many connections as it
 * takes. Throws ChatError when the run cannot be read on, and the signal's reason once aborted.
 */
export async function* readRun(options: ReadRunOptions): AsyncGenerator<AgentEvent, void> {
  const { signal } = options
  const position: Position = {
    stream: options.first,
    runId: options.first?.runId ?? options.runId,
    lastEventId: undefined,
    failures: 0,
    ended: false
  }
  while (!position.ended) {
    try {
      yield* readConnection(options, position)
    } catch (error) {
      if (signal.aborted || !toFailure(error).retryable) throw error
    }
    await pause(options, position)
  }
}

/** Ends with the run, and also when the service closes the connection before. */
async function* readConnection(
  { api, signal, onLink }: ReadRunOptions,
  position: Position
): AsyncGenerator<AgentEvent, void> {
  const { stream, runId, lastEventId } = position
  const open = stream ?? (await api.follow(runId ?? '', lastEventId, signal))
  onLink('live')
  for await (const { id, data } of open.events) {
    if (!isAfter(id, position.lastEventId)) continue
    const event = parseEvent(data)
    advance(position, id, event)
    yield event
    if (position.ended) return
  }
}

function advance(position: Position, id: string, event: AgentEvent): void {
  if (id !== '') position.lastEventId = id
  if (event.type === 'RUN_STARTED') position.runId = event.runId
  position.failures = 0
  position.ended = event.type === 'RUN_FINISHED' || event.type === 'RUN_ERROR'
}

async function pause(options: ReadRunOptions, position: Position): Promise<void> {
  const { signal, onLink, wait = waitOrOnline } = options
  if (position.ended) return
  const delayMs = RECONNECT_DELAYS_MS[position.failures] ?? LAST_DELAY_MS
  position.stream = undefined
  position.failures += 1
  if (position.failures > MAX_RECONNECTS || position.runId === undefined) throw lost()
  onLink('reconnecting')
  await wait(delayMs, signal)
}

/** True for an id of a run's log (`7`, or `1700000000000-3`) that lies after the other one. */
export function isAfter(id: string, other: string | undefined): boolean {
  if (other === undefined || id === '') return true
  const [left, right] = [parseId(id), parseId(other)]
  if (!left || !right) return id !== other
  return left[0] === right[0] ? left[1] > right[1] : left[0] > right[0]
}

function parseId(id: string): [number, number] | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(id)
  return match ? [Number(match[1]), Number(match[2] ?? 0)] : undefined
}

function parseEvent(data: SseEvent['data']): AgentEvent {
  try {
    return JSON.parse(data) as AgentEvent
  } catch (cause) {
    throw new ChatError('BAD_ANSWER', 'The service sent an event that is no JSON.', { cause })
  }
}

function lost(): ChatError {
  return new ChatError('STREAM_LOST', 'The connection to the running answer was lost.')
}

/** Waits; a browser that is online again need not wait any longer. */
export function waitOrOnline(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const settled = new AbortController()
  const timer = setTimeout(resolve, delayMs)
  addEventListener('online', () => resolve(), { signal: settled.signal })
  signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
  if (signal.aborted) reject(signal.reason)
  return promise.finally(() => {
    clearTimeout(timer)
    settled.abort()
  })
}
