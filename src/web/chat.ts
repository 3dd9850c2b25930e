import { ask, followRun, newConversation, retry, stop, stopBusy } from './chat-actions.ts'
import {
  type ChatContext,
  type ChatDependencies,
  createContext,
  patchView,
  setDraft
} from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import type { ChatView } from './chat-view.ts'

/** The chat's state and everything a person can do with it. */
export interface Chat
  extends Pick<ChatContext, 'view' | 'messages' | 'draft' | 'version' | 'signInUrl'> {
  /** Asks the service for its options and brings this tab's conversation back. */
  load(): Promise<void>
  setDraft(text: string): void
  choose(choice: Partial<Pick<ChatView, 'model' | 'servers' | 'about'>>): void
  /** Sends a question. Ignored while an answer is being written. */
  ask(text: string): Promise<void>
  /** Reads, sends or asks again, whichever the failure calls for. */
  retry(answerId: string): Promise<void>
  /** Asks the service to stop the answer being written. */
  stop(): Promise<void>
  /** Stops the run that another client started in this conversation. */
  stopBusy(): Promise<void>
  /** Reads along with it. */
  followBusy(): Promise<void>
  newConversation(): void
  /** Stops reading. Runs go on. */
  close(): void
}

export function createChat(dependencies: ChatDependencies): Chat {
  const context = createContext(dependencies)
  return {
    view: context.view,
    messages: context.messages,
    draft: context.draft,
    version: context.version,
    signInUrl: context.signInUrl,
    load: () => load(context),
    setDraft: (text) => setDraft(context, text),
    choose: (choice) => patchView(context, choice),
    ask: (text) => ask(context, text),
    retry: (answerId) => retry(context, answerId),
    stop: () => stop(context),
    stopBusy: () => stopBusy(context),
    followBusy: () => followBusy(context),
    newConversation: () => newConversation(context),
    close() {
      context.lifetime.abort()
      context.messages.close()
    }
  }
}

async function load(context: ChatContext): Promise<void> {
  const { signal } = context.lifetime
  patchView(context, { loading: true })
  try {
    patchView(context, { options: await context.api.options(signal), failure: undefined })
    restore(context)
  } catch (error) {
    if (!signal.aborted) patchView(context, { failure: toFailure(error) })
  }
  patchView(context, { loading: false })
}

/** Brings the tab's conversation back, for the same person and not on the way from an object's page. */
function restore(context: ChatContext): void {
  const { memory, messages, view, about } = context
  const kept = memory.conversation()
  if (!kept || about || messages.order.get().length > 0) return
  if (kept.username !== view.get().options?.identity.username) {
    memory.keepConversation(undefined)
    return
  }
  patchView(context, { conversationId: kept.conversationId })
  for (const run of kept.runs) void followRun(context, run)
}

async function followBusy(context: ChatContext): Promise<void> {
  const { busyRunId } = context.view.get()
  if (!busyRunId) return
  await followRun(context, { runId: busyRunId, question: 'A question asked in another window' })
}
