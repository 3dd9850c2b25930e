import type { ApprovalDecision } from '../agent/agent-events.ts'
import type { ConversationScriptsOptions } from '../conversations/conversation-scripts.ts'
import { runKey } from '../conversations/redis-keys.ts'
import { AppError } from '../errors.ts'
import { unavailable } from '../platform/redis-script.ts'
import { decisionEvent, refuseDecision } from './approval-decisions.ts'
import { runChannel } from './redis-run-reader.ts'
import { DECIDE_RUN, type RunScript } from './redis-run-scripts.ts'
import type { RunStore } from './run-store.ts'

const SECONDS_PER_DAY = 86_400

export interface RedisDecideOptions extends ConversationScriptsOptions {
  /** Of a run that goes on: longer than any may take. */
  readonly maxRunDays: number
}

/** As `RunStore.decide`: one script, so that of two people's clicks one comes first on whatever replica. */
export function createRedisDecide(
  { client, deployment, maxRunDays }: RedisDecideOptions,
  run: RunScript
): RunStore['decide'] {
  /** Of the actions that the run has ever waited for. */
  async function hashesOf(runId: string, callIds: readonly string[]): Promise<(string | null)[]> {
    const fields = callIds.map((callId) => `pending:${callId}`)
    return client.hmget(runKey(deployment, runId), ...fields).catch((error: unknown) => {
      throw unavailable(error)
    })
  }

  return async ({ id: runId, conversationId }, { decisions, grant }) => {
    const hashes = await hashesOf(
      runId,
      decisions.map(({ toolCallId }) => toolCallId)
    )
    const events = decisions.map((one, place) => decisionEvent(one, hashes[place] ?? ''))
    const args = events.flatMap((event) => {
      const { toolCallId, decision } = event.value
      return [toolCallId, decision, JSON.stringify(event)]
    })
    const channel = runChannel(deployment, runId)
    const { outcome, parts } = await run(DECIDE_RUN, { runId, conversationId }, [
      ...[grant.reveal(), maxRunDays * SECONDS_PER_DAY, channel, conversationId],
      ...args
    ]).catch(notFound)
    if (outcome !== 'OK') refuseDecision(outcome, String(parts[0] ?? ''))
    const told = new Set((parts[1] as Buffer[]).map(String))
    const fresh: ApprovalDecision[] = events.flatMap(({ value }) =>
      told.has(value.toolCallId) ? [value] : []
    )
    return { fresh, isComplete: parts[0] === 0 }
  }
}

/** Deleted while its owner decided. */
function notFound(error: unknown): never {
  if (error instanceof AppError && error.code === 'CONVERSATION_NOT_FOUND') {
    throw new AppError('RUN_NOT_FOUND', 'The run is gone: its conversation was deleted.')
  }
  throw error
}
