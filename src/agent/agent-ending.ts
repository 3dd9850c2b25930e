import type { ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import { incompleteAnswer } from '../conversations/messages.ts'
import { AppError } from '../errors.ts'
import { toModelError } from '../llm/model-errors.ts'
import type { AgentEvent } from './agent-events.ts'
import type { AgentGraph } from './agent-graph.ts'
import { findPlace, pendingResults } from './agent-resume.ts'
import {
  LEFT,
  messageOf,
  type Progress,
  STOPPED,
  type Turn,
  threadOf,
  type Working
} from './agent-turn.ts'

export interface EndingOptions {
  readonly graph: AgentGraph
  /** The same that the graph was made with. */
  readonly checkpointer: ConversationCheckpointer
  /** For the log: the cause of a RUN_ERROR is told to nobody else. */
  readonly onFailed: (failure: AppError, turn: Turn) => void
}

interface CutShort extends Working {
  readonly error: unknown
}

/** Keeps what was shown, then says why the run ended early. */
export async function* cutShort(
  options: EndingOptions,
  turn: Turn,
  { progress, signal, error }: CutShort
): AsyncGenerator<AgentEvent, void> {
  const { runId, conversationId: threadId } = turn
  const shown = progress.openText()
  if (shown) yield { type: 'TEXT_MESSAGE_END', messageId: shown.messageId }
  await keepShown(options, turn, progress, shown)
  yield { type: 'CUSTOM', name: 'footer', value: progress.stream.footer(true) }
  if (signal.aborted && signal.reason === STOPPED) {
    yield { type: 'CUSTOM', name: 'stopped', value: { runId } }
    yield { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'cancelled' } }
    return
  }
  const failure = failureOf(turn, { progress, signal, error })
  options.onFailed(failure, turn)
  const { error: body } = failure.toBody()
  yield { type: 'CUSTOM', name: 'error', value: body }
  yield { type: 'RUN_ERROR', message: body.message, code: body.code }
}

/**
 * The question too, where the run ended before it was stored, and the results of calls beside one that was not finished:
 * the next question would find them all unfinished.
 */
async function keepShown(
  { graph, checkpointer, onFailed }: EndingOptions,
  turn: Turn,
  progress: Progress,
  shown: { readonly messageId: string; readonly text: string } | undefined
): Promise<void> {
  try {
    const place = progress.place ?? (await findPlace(checkpointer, turn)).place
    const messages = [
      ...(place.isAsked ? await pendingResults(checkpointer, turn) : [messageOf(turn)]),
      ...(shown ? [incompleteAnswer(shown.messageId, shown.text)] : [])
    ]
    if (messages.length === 0) return
    await graph.updateState(threadOf(turn, place), { messages }, 'model')
  } catch (reason) {
    // What cannot be kept has been shown all the same; the run still has to end.
    onFailed(AppError.from(reason), turn)
  }
}

function failureOf({ attempt }: Turn, { progress: { plan }, signal, error }: CutShort): AppError {
  if (signal.aborted) return AppError.from(signal.reason)
  if (plan) return toModelError(error, plan.model)
  const failure = AppError.from(error)
  if (attempt === 1 || failure.code === 'APPROVAL_LAPSED') return failure
  const message = `The answer was interrupted and could not be taken up again: ${failure.message}`
  return new AppError('RUN_INTERRUPTED', message, { cause: error })
}

const NOT_OURS: ReadonlySet<AppError['code']> = new Set([
  'REDIS_UNAVAILABLE',
  'CONVERSATION_TAKEN_OVER',
  'CONVERSATION_NOT_FOUND',
  'CONVERSATION_TOO_NEW'
])

/** Of steps that ran side by side and failed together, the one that decides how the run ends. */
export function causeOf(error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error
  const known = error.errors.filter((one) => one instanceof AppError)
  return known.find(({ code }) => NOT_OURS.has(code)) ?? known[0] ?? error.errors[0] ?? error
}

/** Somebody else goes on, or whoever has the run when its store is back. */
export function isLeft(signal: AbortSignal, error: unknown): boolean {
  if (signal.aborted) return signal.reason === LEFT
  return error instanceof AppError && NOT_OURS.has(error.code)
}
