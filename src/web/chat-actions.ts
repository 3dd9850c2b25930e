import type { AnswerProblem, Ask, Decision, FormAnswer } from './api.ts'
import { createId } from './browser.ts'
import { type ChatContext, changeAnswer, patchView, setDraft } from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import { cancelRun, readInto, settle } from './chat-reading.ts'
import { branchBehind, turnsOf } from './log-turns.ts'
import { type Answer, emptyAnswer, type Failure, isOpen, type Question } from './message.ts'
import type { RememberedRun } from './session-memory.ts'

/** Sends a question, or keeps it until the service is there. Ignored while an answer is being written. */
export async function ask(context: ChatContext, raw: string): Promise<void> {
  const text = raw.trim()
  const { openAnswerId, about, options, isReading } = context.view.get()
  if (text === '' || openAnswerId) return
  if (!options || isReading) {
    setDraft(context, raw)
    patchView(context, { waitsToSend: true, announcement: 'Waiting for the service' })
    return
  }
  // An example that is clicked leaves what is being typed alone.
  if (context.draft.get().trim() === text) context.draft.set('')
  // Kept until the service has the question: a reload before that brings it back.
  if (context.draft.get() === '') context.memory.keepDraft(text)
  patchView(context, { about: undefined, announcement: 'Question sent' })
  const question = newQuestion(context, { text, about })
  await submit(context, question, emptyAnswer(createId(), question.id))
}

/** Behind what is shown: without being told, the service puts it behind what was asked last. */
function newQuestion(
  context: ChatContext,
  { text, about }: Pick<Question, 'text' | 'about'>
): Question {
  const branch = context.view.get().at ? branchBehind(turnsOf(context.messages)) : undefined
  return { kind: 'question', id: createId(), text, about, branch }
}

/** `undo` takes the place of giving the question back to the composer when the conversation is busy. */
export async function submit(
  context: ChatContext,
  question: Question,
  answer: Answer,
  undo?: () => void
): Promise<void> {
  patchView(context, { switched: undefined })
  context.messages.put(question)
  context.messages.put(answer)
  const { signal } = context.lifetime
  await settle(context, answer.id, async () => {
    try {
      const sent = request(context, question)
      const first = await context.api.ask(sent, signal)
      keepChoice(context, sent)
      await readInto(context, answer.id, { first })
    } catch (error) {
      if (!takeBack(context, answer, error)) throw error
      if (undo) undo()
      else giveBack(context, question)
    }
  })
}

function request(context: ChatContext, question: Question): Ask {
  const { conversationId, model, servers } = context.view.get()
  return {
    message: question.text,
    ...(conversationId && { conversationId, ...question.branch }),
    ...(model && { model }),
    ...(servers !== undefined && { mcpServers: servers }),
    ...(question.about && { pageContext: question.about })
  }
}

/** What was picked is the conversation's now, unless something else was picked meanwhile. */
function keepChoice(context: ChatContext, sent: Ask): void {
  const { kept, model, servers } = context.view.get()
  patchView(context, {
    kept: {
      model: sent.model ? { id: sent.model } : kept.model,
      mcpServers:
        sent.mcpServers === undefined ? kept.mcpServers : sent.mcpServers?.map((id) => ({ id }))
    },
    model: model === sent.model ? undefined : model,
    servers: servers === sent.mcpServers ? undefined : servers
  })
}

/** A busy conversation has no place for the question: it leaves the log. */
function takeBack(context: ChatContext, { id, questionId }: Answer, error: unknown): boolean {
  const failure = toFailure(error)
  const runId = failure.details?.runId
  if (failure.code !== 'CONVERSATION_BUSY' || typeof runId !== 'string') return false
  context.messages.remove([questionId, id])
  patchView(context, { busyRunId: runId })
  return true
}

function giveBack(context: ChatContext, { text, about }: Question): void {
  if (context.draft.get() === '') setDraft(context, text)
  patchView(context, { about })
}

/**
 * After a failure on the way the run is read again; a question that the service never had is sent again
 * in its place; anything else is asked anew.
 */
export async function retry(context: ChatContext, answerId: string): Promise<void> {
  const answer = context.messages.get(answerId)
  if (answer?.kind !== 'answer' || context.view.get().openAnswerId) return
  const { runId } = answer
  if (runId && answer.lost) {
    changeAnswer(context, answerId, (now) => ({ ...now, phase: 'running', failure: undefined }))
    return await settle(context, answerId, () => readInto(context, answerId, { runId }))
  }
  const question = context.messages.get(answer.questionId)
  if (question?.kind !== 'question') return
  if (!question.messageId) {
    return await submit(context, question, emptyAnswer(answer.id, question.id))
  }
  const again = newQuestion(context, question)
  await submit(context, again, emptyAnswer(createId(), again.id))
}

/** Asks the service to stop the answer being written. */
export async function stop(context: ChatContext): Promise<void> {
  const { openAnswerId } = context.view.get()
  const before = openAnswerId ? context.messages.get(openAnswerId) : undefined
  if (before?.kind !== 'answer' || before.stopping || !isOpen(before)) return
  patchView(context, { announcement: 'Stopping' })
  const answer = changeAnswer(context, before.id, (now) => ({ ...now, stopping: true }))
  if (answer) await cancelRun(context, answer)
}

/** Decides what an answer waits for; answers why it could not. What follows comes with the run's events. */
export async function decide(
  context: ChatContext,
  answerId: string,
  decisions: readonly Decision[]
): Promise<string | undefined> {
  const answer = context.messages.get(answerId)
  if (answer?.kind !== 'answer' || !answer.runId) return
  try {
    await context.api.decide(answer.runId, decisions, context.lifetime.signal)
    patchView(context, { announcement: 'Decided' })
  } catch (error) {
    return toFailure(error).message
  }
}

/** Sends what a person says to a form of a tool server; answers why it could not. */
export async function answerForm(
  context: ChatContext,
  { answerId, elicitationId }: { readonly answerId: string; readonly elicitationId: string },
  said: FormAnswer
): Promise<AnswerProblem | undefined> {
  const answer = context.messages.get(answerId)
  if (answer?.kind !== 'answer' || !answer.runId) return
  try {
    const { runId } = answer
    await context.api.answer({ runId, elicitationId }, said, context.lifetime.signal)
    patchView(context, { announcement: 'Sent' })
  } catch (error) {
    const { message, details } = toFailure(error)
    return { message, fields: problemsIn(details) }
  }
}

function problemsIn(details: Failure['details']): Record<string, string> {
  const fields = (details?.fields ?? []) as readonly { path: string; message: string }[]
  return Object.fromEntries(
    fields.map(({ path, message }) => [path.replace(/^content\./, ''), message])
  )
}

/** Reads a run that this page did not start, from its beginning. */
export async function followRun(context: ChatContext, run: RememberedRun): Promise<void> {
  const { runId, about } = run
  const question: Question = { kind: 'question', id: createId(), text: run.question, about }
  const answer = emptyAnswer(createId(), question.id)
  context.messages.put(question)
  context.messages.put(answer)
  await followInto(context, answer.id, runId, () =>
    context.messages.remove([question.id, answer.id])
  )
}

/** Reads a run from its beginning into an answer; `gone` when it expired or is another person's. */
export async function followInto(
  context: ChatContext,
  answerId: string,
  runId: string,
  gone: () => void
): Promise<void> {
  await settle(context, answerId, async () => {
    try {
      await readInto(context, answerId, { runId })
    } catch (error) {
      if (toFailure(error).code !== 'RUN_NOT_FOUND') throw error
      gone()
    }
  })
}

/** Reads along with the run that another client started in this conversation. */
export async function followBusy(context: ChatContext): Promise<void> {
  const { busyRunId: runId } = context.view.get()
  if (!runId) return
  const { signal } = context.lifetime
  const question = await context.api
    .run(runId, signal)
    .then((run) => run.question)
    .catch(() => 'A question asked in another window')
  if (!signal.aborted) await followRun(context, { runId, question })
}

/** Stops the run that another client started in this conversation. */
export async function stopBusy(context: ChatContext): Promise<void> {
  const { busyRunId } = context.view.get()
  if (!busyRunId) return
  try {
    await context.api.cancel(busyRunId, context.lifetime.signal)
    patchView(context, { busyRunId: undefined, announcement: 'The other answer was stopped' })
  } catch (error) {
    patchView(context, { announcement: `Could not stop: ${toFailure(error).message}` })
  }
}

/** Sends what a person has sent while the page was not ready for it. */
export async function sendWaiting(context: ChatContext): Promise<void> {
  if (!context.view.get().waitsToSend) return
  patchView(context, { waitsToSend: false })
  await ask(context, context.draft.get())
}

/** Forgets the open conversation on this page; it stays with the service. */
export function newConversation(context: ChatContext): void {
  leaveConversation(context)
  patchView(context, { announcement: 'New conversation' })
}

/** Stops reading the open conversation. Its run goes on. */
export function leaveConversation(context: ChatContext): void {
  context.lifetime.abort()
  context.lifetime = new AbortController()
  context.messages.clear()
  context.memory.keepConversation(undefined)
  patchView(context, {
    conversationId: undefined,
    kept: {},
    model: undefined,
    servers: undefined,
    at: undefined,
    switched: undefined,
    editing: undefined,
    isReading: false,
    readFailure: undefined,
    openAnswerId: undefined,
    busyRunId: undefined,
    waitsToSend: false
  })
}
