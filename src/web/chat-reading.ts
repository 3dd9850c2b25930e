import type { AgentEvent } from '../agent/agent-events.ts'
import { announceEnd, announceTool } from './announce.ts'
import type { RunStream } from './api.ts'
import { type ChatContext, changeAnswer, patchView } from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import { failAnswer, fold } from './fold.ts'
import type { Answer, Question } from './message.ts'
import { readRun } from './run-reader.ts'

/** Marks the answer as the one being written while `reading` lasts, and says how it ended. */
export async function settle(
  context: ChatContext,
  answerId: string,
  reading: () => Promise<void>
): Promise<void> {
  const { signal } = context.lifetime
  patchView(context, { openAnswerId: answerId, busyRunId: undefined })
  try {
    await reading()
  } catch (error) {
    if (signal.aborted) return
    changeAnswer(context, answerId, (answer) => failAnswer(answer, toFailure(error)))
  }
  if (signal.aborted || context.view.get().openAnswerId !== answerId) return
  const answer = context.messages.get(answerId)
  const announcement = answer?.kind === 'answer' ? announceEnd(answer) : ''
  patchView(context, { openAnswerId: undefined, announcement })
  if (answer?.kind === 'answer' && answer.conversationId) {
    context.list?.noteEnd(answer.conversationId)
  }
}

/** Folds a run's events into the answer until its terminal one. Throws what `readRun` throws. */
export async function readInto(
  context: ChatContext,
  answerId: string,
  source: { readonly first?: RunStream; readonly runId?: string }
): Promise<void> {
  const { api, wait } = context
  const { signal } = context.lifetime
  const runId = source.first?.runId ?? source.runId
  if (runId) knowRun(context, answerId, runId)
  const events = readRun({
    api,
    signal,
    first: source.first,
    runId,
    ...(wait && { wait }),
    onLink: (link) =>
      changeAnswer(context, answerId, (now) => (now.link === link ? now : { ...now, link }))
  })
  for await (const event of events) {
    const answer = changeAnswer(context, answerId, (before) => fold(before, event))
    if (!answer) return
    react(context, answer, event)
  }
}

function react(context: ChatContext, answer: Answer, event: AgentEvent): void {
  if (event.type === 'TOOL_CALL_START') {
    patchView(context, { announcement: announceTool(event.toolCallName) })
  }
  if (event.type === 'CUSTOM' && event.name === 'elicitation_requested') {
    patchView(context, { announcement: `${event.value.server} asks you to fill in a form` })
  }
  if (event.type === 'CUSTOM' && event.name === 'approval_requested') {
    patchView(context, { announcement: 'The answer waits for your approval' })
  }
  if (event.type === 'RUN_STARTED') {
    knowRun(context, answer.id, event.runId)
    remember(context, answer)
  }
}

/** A stop that was asked for before the run had an id is sent as soon as it has one. */
function knowRun(context: ChatContext, answerId: string, runId: string): void {
  const before = context.messages.get(answerId)
  if (before?.kind !== 'answer' || before.runId === runId) return
  const answer = changeAnswer(context, answerId, (now) => ({ ...now, runId }))
  const question = context.messages.get(before.questionId)
  if (question?.kind === 'question') context.messages.put(accepted(question, runId))
  if (answer?.stopping) void cancelRun(context, answer)
}

/** The service calls a question as it calls its run. */
function accepted(question: Question, messageId: string): Question {
  const { versions } = question
  if (!versions || versions.includes(messageId)) return { ...question, messageId }
  return { ...question, messageId, versions: [...versions, messageId] }
}

/** Keeps an accepted run for a reload, and forgets its draft unless a new one is being typed. */
function remember(context: ChatContext, answer: Answer): void {
  const { memory, view, draft, messages } = context
  const question = messages.get(answer.questionId)
  const { runId, conversationId } = answer
  if (question?.kind !== 'question' || !runId || !conversationId) return
  patchView(context, { conversationId })
  const kept = memory.conversation()
  const runs = kept?.conversationId === conversationId ? kept.runs : []
  if (runs.some((run) => run.runId === runId)) return
  // What was asked last is the newest branch of all.
  patchView(context, { at: undefined })
  const { text, about } = question
  context.list?.noteRun({ id: conversationId, runId, question: text })
  const username = view.get().options?.identity.username ?? ''
  const run = { runId, question: text, ...(about && { about }) }
  memory.keepConversation({ username, conversationId, runs: [...runs, run] })
  if (draft.get() === '') memory.keepDraft('')
}

/** Asks the service to stop a run; when that fails the answer simply goes on. */
export async function cancelRun(context: ChatContext, answer: Answer): Promise<void> {
  const { signal } = context.lifetime
  if (!answer.runId) return
  try {
    await context.api.cancel(answer.runId, signal)
  } catch (error) {
    if (signal.aborted) return
    changeAnswer(context, answer.id, (now) => ({ ...now, stopping: false }))
    patchView(context, { announcement: `Could not stop: ${toFailure(error).message}` })
  }
}
