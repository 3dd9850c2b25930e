import type { PageContext } from '../runs/run.ts'
import type { ChatApi } from './api.ts'
import { type Cell, createCell } from './cell.ts'
import { type ChatView, initialView } from './chat-view.ts'
import type { ConversationApi } from './conversation-api.ts'
import { type ConversationList, createConversationList } from './conversation-list.ts'
import type { Answer } from './message.ts'
import { createMessageStore, type MessageStore } from './message-store.ts'
import type { SessionMemory } from './session-memory.ts'

export interface ChatDependencies {
  readonly api: ChatApi
  /** Undefined where a page shows one conversation only. */
  readonly conversations?: ConversationApi | undefined
  readonly memory: SessionMemory
  readonly about: PageContext | undefined
  /** This page's own version, to be compared with the service's. */
  readonly version: string
  /** Leads back here after signing in; undefined where nobody signs in. */
  readonly signInUrl: string | undefined
  readonly messages?: MessageStore
  /** Replaces the wait between two attempts to reach a run again. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<void>
}

/** What the chat's actions share. */
export interface ChatContext extends ChatDependencies {
  readonly messages: MessageStore
  readonly view: Cell<ChatView>
  readonly draft: Cell<string>
  /** What was typed in the place of earlier questions and not sent. */
  readonly edits: Map<string, string>
  /** The person's conversations; undefined without `conversations`. */
  readonly list: ConversationList | undefined
  /** Ends with the open conversation; replaced by the next one. */
  lifetime: AbortController
  /** Ends with the page. */
  readonly closing: AbortController
  /** Ends with the attempts to reach the service; replaced by the next ones. */
  loading: AbortController
}

export function createContext(dependencies: ChatDependencies): ChatContext {
  return {
    ...dependencies,
    messages: dependencies.messages ?? createMessageStore(),
    view: createCell(initialView(dependencies.about)),
    list: dependencies.conversations && createConversationList(dependencies.conversations),
    draft: createCell(dependencies.memory.draft()),
    edits: new Map(),
    lifetime: new AbortController(),
    closing: new AbortController(),
    loading: new AbortController()
  }
}

export function patchView(context: ChatContext, changes: Partial<ChatView>): void {
  context.view.update((view) => ({ ...view, ...changes }))
}

/** Returns the changed answer; undefined when it is no longer on the page. */
export function changeAnswer(
  context: ChatContext,
  answerId: string,
  edit: (answer: Answer) => Answer
): Answer | undefined {
  const answer = context.messages.get(answerId)
  if (answer?.kind !== 'answer') return undefined
  const next = edit(answer)
  if (next !== answer) context.messages.put(next)
  return next
}

/** A question that waits to be sent is taken back by changing it. */
export function setDraft(context: ChatContext, text: string): void {
  context.draft.set(text)
  context.memory.keepDraft(text)
  if (context.view.get().waitsToSend) patchView(context, { waitsToSend: false })
}
