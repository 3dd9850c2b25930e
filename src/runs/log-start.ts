import { parseLogId, toLogId } from './log-place.ts'
import type { LoggedEvent, RunRecord } from './run.ts'

/** A log that was cut has lost its beginning, and AG-UI's clients want every run to have one: for readers from the start. */
export async function* withStart(
  { id: runId, conversationId: threadId }: Pick<RunRecord, 'id' | 'conversationId'>,
  events: AsyncIterable<LoggedEvent>
): AsyncGenerator<LoggedEvent, void> {
  let isFirst = true
  for await (const logged of events) {
    if (isFirst && logged.type !== 'RUN_STARTED') {
      const { attempt = 1, number = 1 } = parseLogId(logged.id) ?? {}
      const json = JSON.stringify({ type: 'RUN_STARTED', threadId, runId })
      yield { id: toLogId({ attempt, number: number - 1 }), type: 'RUN_STARTED', json }
    }
    isFirst = false
    yield logged
  }
}
