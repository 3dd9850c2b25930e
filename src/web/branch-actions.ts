import { createId } from './browser.ts'
import { sendWaiting, submit } from './chat-actions.ts'
import { type ChatContext, patchView } from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import { type ReadPlace, readPlace, show } from './conversation-actions.ts'
import { turnsOf } from './log-turns.ts'
import { emptyAnswer, type Question } from './message.ts'

/**
 * Asks in the place of an earlier question: what came from there on gives way, here; the service keeps it as another
 * version. Ignored while an answer is being written or the service is not there: the text stays in its editor.
 */
export async function askInstead(
  context: ChatContext,
  questionId: string,
  raw: string
): Promise<void> {
  const text = raw.trim()
  const { openAnswerId, options, isReading } = context.view.get()
  const turns = turnsOf(context.messages)
  const at = turns.findIndex(({ question }) => question.id === questionId)
  const replaced = turns[at]?.question
  if (!replaced || text === '' || openAnswerId || !options || isReading) return
  const { about, messageId } = replaced
  const question: Question = {
    kind: 'question',
    id: createId(),
    text,
    about,
    // What the service never had goes where it was to go.
    branch: messageId ? { replaces: messageId } : replaced.branch,
    versions: replaced.versions ?? (messageId ? [messageId] : undefined)
  }
  const gone = turns.slice(at).flatMap((turn) => [turn.question, turn.answer])
  const undo = (): void => {
    for (const message of gone) context.messages.put(message)
    context.edits.set(questionId, text)
    patchView(context, { editing: questionId })
  }
  context.edits.delete(questionId)
  if (context.draft.get() === '') context.memory.keepDraft(text)
  patchView(context, { editing: undefined, announcement: 'Question sent' })
  context.messages.remove(gone.map(({ id }) => id))
  await submit(context, question, emptyAnswer(createId(), question.id), undo)
}

/**
 * Shows the branch that goes through a version of a question, or the newest of all. Answers why it could not; nothing
 * when it could, and while an answer is being written.
 */
export async function showVersion(
  context: ChatContext,
  messageId: string | undefined,
  by: 1 | -1 = 1
): Promise<string | undefined> {
  const { conversationId, openAnswerId, isReading, options } = context.view.get()
  const { conversations, lifetime, memory } = context
  if (!conversations || !conversationId || openAnswerId || isReading) return undefined
  const { signal } = lifetime
  patchView(context, { isReading: true })
  const kept = memory.earlier(options?.identity.username ?? '', conversationId)
  const place = { ...kept, at: messageId }
  const read = await readPlace(context, conversations, place).catch(
    (error: unknown) => toFailure(error).message
  )
  if (signal.aborted) return undefined
  const failure = typeof read === 'string' ? read : undefined
  patchView(context, { isReading: false, announcement: failure ?? '' })
  if (typeof read !== 'string') {
    memory.keepConversation(place)
    await turnTo(context, read, { to: messageId, by })
  }
  if (!signal.aborted) await sendWaiting(context)
  return failure
}

interface Turning {
  readonly to: string | undefined
  readonly by: 1 | -1
}

async function turnTo(
  context: ChatContext,
  { conversation, runs }: ReadPlace,
  { to, by }: Turning
): Promise<void> {
  const { runId, messages } = conversation
  const versions = messages.find(({ id }) => id === to)?.versions ?? []
  const announcement = to ? `Version ${versions.indexOf(to) + 1} of ${versions.length}` : ''
  const { signal } = context.lifetime
  const switched = to ? { to, by } : undefined
  patchView(context, { at: to, switched, busyRunId: undefined, announcement })
  await Promise.all(show(context, conversation, { runs, at: to }))
  // Runs that are over were read again, and each has said its end.
  if (!runId && !signal.aborted) patchView(context, { announcement })
}
