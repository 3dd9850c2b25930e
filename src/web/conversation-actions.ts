import { createId, saveFile } from './browser.ts'
import {
  followInto,
  followRun,
  leaveConversation,
  newConversation,
  sendWaiting
} from './chat-actions.ts'
import { type ChatContext, patchView } from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import {
  type ConversationApi,
  type ExportFormat,
  MAX_TITLE_CHARS,
  type ReadConversation
} from './conversation-api.ts'
import { fileName } from './conversation-words.ts'
import { emptyAnswer, type Failure } from './message.ts'
import { type Exchange, readExchanges } from './read-messages.ts'
import type { Remembered, RememberedRun } from './session-memory.ts'

/** Shows another conversation, and follows its run when one is under way. */
export async function openConversation(context: ChatContext, id: string): Promise<void> {
  const { conversationId, options, readFailure } = context.view.get()
  if (conversationId === id && !readFailure) return
  const kept = context.memory.earlier(options?.identity.username ?? '', id)
  leaveConversation(context)
  context.memory.keepConversation(kept)
  patchView(context, { conversationId: id, announcement: 'Opening the conversation' })
  const { signal } = context.lifetime
  await readBack(context, kept)
  if (!signal.aborted) await sendWaiting(context)
}

/** Reads a conversation's messages and the runs that this tab knows; those alone where it must. */
export async function readBack(context: ChatContext, kept: Remembered): Promise<void> {
  const { signal } = context.lifetime
  const following = context.conversations
    ? await readStored(context, context.conversations, kept)
    : kept.runs.map((run) => followRun(context, run))
  if (!signal.aborted) await Promise.all(following)
}

async function readStored(
  context: ChatContext,
  api: ConversationApi,
  kept: Remembered
): Promise<Promise<void>[]> {
  const { signal } = context.lifetime
  patchView(context, { isReading: true, readFailure: undefined })
  try {
    const { conversation, runs, at } = await readBranch(context, api, kept)
    if (signal.aborted) return []
    patchView(context, { isReading: false, at, kept: conversation.choice ?? {} })
    return show(context, conversation, { runs, at })
  } catch (error) {
    if (signal.aborted) return []
    return withoutStored(context, kept, toFailure(error))
  }
}

/** A branch of a conversation, and the runs that are known of it. */
export interface ReadPlace {
  readonly conversation: ReadConversation
  readonly runs: readonly RememberedRun[]
  readonly at: string | undefined
}

export async function readPlace(
  context: ChatContext,
  api: ConversationApi,
  { conversationId, at, runs: kept }: Remembered
): Promise<ReadPlace> {
  const conversation = await api.read(conversationId, at, context.lifetime.signal)
  const runs = await withRunUnderWay(context, kept, conversation.runId)
  return { conversation, runs, at }
}

/** A branch that is not there any more gives way to the newest one. */
async function readBranch(context: ChatContext, api: ConversationApi, kept: Remembered) {
  try {
    return await readPlace(context, api, kept)
  } catch (error) {
    if (kept.at === undefined || toFailure(error).code !== 'MESSAGE_NOT_FOUND') throw error
    return await readPlace(context, api, { ...kept, at: undefined })
  }
}

/** A service that cannot give its messages still gives the runs of the last hours. */
function withoutStored(context: ChatContext, kept: Remembered, failure: Failure): Promise<void>[] {
  const isGone = failure.code === 'CONVERSATION_NOT_FOUND'
  patchView(context, { isReading: false })
  if (!isGone && kept.runs.length > 0) return kept.runs.map((run) => followRun(context, run))
  patchView(context, { readFailure: failure, announcement: failure.message })
  if (isGone) {
    context.memory.keepConversation(undefined)
    context.memory.forget(kept.conversationId)
    context.list?.drop(kept.conversationId)
  }
  return []
}

async function withRunUnderWay(
  context: ChatContext,
  runs: readonly RememberedRun[],
  runId: string | undefined
): Promise<readonly RememberedRun[]> {
  if (!runId || runs.some((run) => run.runId === runId)) return runs
  try {
    const { question } = await context.api.run(runId, context.lifetime.signal)
    return [...runs, { runId, question }]
  } catch (error) {
    // It ended and expired meanwhile.
    if (toFailure(error).code === 'RUN_NOT_FOUND') return runs
    throw error
  }
}

interface ShownBranch {
  readonly runs: readonly RememberedRun[]
  readonly at: string | undefined
}

/** Makes the messages the log; where a run's own events are known, they say more than what was kept. */
export function show(
  context: ChatContext,
  conversation: ReadConversation,
  { runs, at }: ShownBranch
): Promise<void>[] {
  const { runId: underWay, messages } = conversation
  const isBranched = at !== undefined || messages.some(({ versions }) => versions)
  // A run that is not in the branch may be of another one.
  const rows = withRuns(readExchanges(conversation), runs).filter(
    ({ runId, isStored }) => isStored || !isBranched || (runId === underWay && at === undefined)
  )
  context.messages.clear()
  if (underWay && !rows.some(({ runId }) => runId === underWay)) {
    patchView(context, { busyRunId: underWay })
  }
  for (const { exchange, runId } of rows) {
    const { question, answer } = exchange
    context.messages.put(question)
    // What is stored of an answer under way looks like an end, and is none.
    const isOpen = runId !== undefined && runId === underWay
    context.messages.put(isOpen ? { ...answer, phase: 'sending' } : answer)
  }
  return rows.flatMap(({ exchange: { question, answer }, runId, isStored }) => {
    if (!runId) return []
    const gone = (): void => {
      if (isStored) context.messages.put(answer)
      else context.messages.remove([question.id, answer.id])
    }
    return [followInto(context, answer.id, runId, gone)]
  })
}

interface Row {
  readonly exchange: Exchange
  readonly runId: string | undefined
  readonly isStored: boolean
}

/** Each exchange with the run that answered it. A run that is newer than all that was kept comes after it. */
export function withRuns(stored: readonly Exchange[], runs: readonly RememberedRun[]): Row[] {
  const known = new Set(runs.map(({ runId }) => runId))
  const ids = stored.map(({ question }) => question.messageId)
  const newest = runs.findLastIndex(({ runId }) => ids.includes(runId))
  return [
    ...stored.map((exchange, place) => {
      const runId = ids[place]
      return { exchange, runId: runId && known.has(runId) ? runId : undefined, isStored: true }
    }),
    ...runs.slice(newest + 1).map((run) => ({
      exchange: newExchange(run),
      runId: run.runId,
      isStored: false
    }))
  ]
}

function newExchange({ question: text, about }: RememberedRun): Exchange {
  const question = { kind: 'question', id: createId(), text, about } as const
  return { question, answer: emptyAnswer(createId(), question.id) }
}

/** Answers false when it did not work; the page says why. */
export async function renameConversation(
  context: ChatContext,
  id: string,
  raw: string
): Promise<boolean> {
  const title = raw.trim().slice(0, MAX_TITLE_CHARS)
  if (title === '') return false
  return await attempt(context, 'Renamed', 'Could not rename', async (api, signal) => {
    context.list?.put(await api.rename(id, title, signal))
  })
}

/** Deletes it with the service, which stops its run. */
export async function removeConversation(context: ChatContext, id: string): Promise<boolean> {
  return await attempt(context, 'Conversation deleted', 'Could not delete', async (api, signal) => {
    await api.remove(id, signal)
    context.list?.drop(id)
    context.memory.forget(id)
    if (context.view.get().conversationId === id) newConversation(context)
  })
}

export async function saveConversation(
  context: ChatContext,
  conversation: { readonly id: string; readonly title: string },
  format: ExportFormat
): Promise<boolean> {
  const { conversationId, at } = context.view.get()
  const place = { id: conversation.id, at: conversation.id === conversationId ? at : undefined }
  return await attempt(context, 'Exported', 'Could not export', async (api, signal) => {
    saveFile(await api.export(place, format, signal), fileName(conversation.title, format))
  })
}

async function attempt(
  context: ChatContext,
  done: string,
  failed: string,
  act: (api: ConversationApi, signal: AbortSignal) => Promise<void>
): Promise<boolean> {
  const { conversations, closing } = context
  if (!conversations) return false
  patchView(context, { listNotice: undefined })
  try {
    await act(conversations, closing.signal)
    patchView(context, { announcement: done })
    return true
  } catch (error) {
    if (closing.signal.aborted) return false
    const listNotice = `${failed}: ${toFailure(error).message}`
    patchView(context, { listNotice, announcement: listNotice })
    return false
  }
}
