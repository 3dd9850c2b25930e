import { ask, followBusy, newConversation, retry, stop, stopBusy } from './chat-actions.ts'
import {
  type ChatContext,
  type ChatDependencies,
  createContext,
  patchView,
  setDraft
} from './chat-context.ts'
import { load } from './chat-loading.ts'
import type { ChatView } from './chat-view.ts'

/** The chat's state and everything a person can do with it. */
export interface Chat
  extends Pick<ChatContext, 'view' | 'messages' | 'draft' | 'version' | 'signInUrl'> {
  /** Asks the service for its options, again after a while, and brings this tab's conversation back. */
  load(): Promise<void>
  setDraft(text: string): void
  choose(choice: Partial<Pick<ChatView, 'model' | 'servers' | 'about'>>): void
  /** Sends a question, or keeps it until the service is there. Ignored while an answer is being written. */
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
      context.loading.abort()
      context.lifetime.abort()
      context.messages.close()
    }
  }
}
