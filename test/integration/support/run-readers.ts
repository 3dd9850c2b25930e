import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { foldEvent } from '../../../src/runs/run-fold.ts'
import { type RunOutcome, startOutcome } from '../../../src/runs/run-outcome.ts'
import { openEvents, type ReceivedEvent } from './sidecar-client.ts'

/** What one reader of a run has seen over one connection. */
export interface ReadRun {
  readonly events: readonly ReceivedEvent[]
  /** Deltas of all texts, one after another. */
  readonly text: string
  /** The terminal event; undefined when the connection ended before it. */
  readonly end: AgentEvent | undefined
  /** Of the texts that were begun. */
  readonly messageIds: ReadonlySet<string>
}

type Headers = Readonly<Record<string, string>>

/** Asks a question; its events are read when `rest` is called. */
export async function startRun(
  url: string,
  { headers, body }: { readonly headers: Headers; readonly body: Readonly<Record<string, unknown>> }
) {
  const { response, events } = await openEvents(url, { headers, body })
  return {
    runId: response.headers.get('x-run-id') ?? '',
    conversationId: response.headers.get('x-conversation-id') ?? '',
    rest: () => readAll(events)
  }
}

interface FollowOptions {
  readonly headers: Headers
  readonly lastEventId?: string
  /** Hangs up after so many events. */
  readonly leaveAfter?: number
}

/** Follows a run to its end, or as far as the connection goes. */
export async function followRun(
  url: string,
  runId: string,
  { headers, lastEventId, leaveAfter }: FollowOptions
): Promise<ReadRun> {
  const { events } = await openEvents(url, {
    path: `/api/v1/runs/${runId}/events`,
    method: 'GET',
    headers: { ...headers, ...(lastEventId && { 'last-event-id': lastEventId }) }
  })
  return readAll(events, leaveAfter)
}

async function readAll(
  source: AsyncGenerator<ReceivedEvent, void>,
  leaveAfter = Number.POSITIVE_INFINITY
): Promise<ReadRun> {
  const events: ReceivedEvent[] = []
  try {
    for await (const event of source) {
      events.push(event)
      if (events.length >= leaveAfter) break
    }
  } catch (error) {
    // The replica was killed, or cut the line so that its readers go elsewhere.
    if (!(error instanceof TypeError)) throw error
  }
  return summary(events)
}

function summary(events: readonly ReceivedEvent[]): ReadRun {
  const seen = events.map(({ event }) => event)
  const last = seen.at(-1)
  return {
    events,
    text: seen.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join(''),
    end: last?.type === 'RUN_FINISHED' || last?.type === 'RUN_ERROR' ? last : undefined,
    messageIds: new Set(
      seen.flatMap((event) => (event.type === 'TEXT_MESSAGE_START' ? [event.messageId] : []))
    )
  }
}

/** What the events come to, for every reader alike. */
export function foldRun(events: readonly ReceivedEvent[]): RunOutcome {
  const outcome = startOutcome()
  for (const { event } of events) foldEvent(outcome, event)
  return outcome
}
