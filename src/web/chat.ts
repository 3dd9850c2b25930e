import type { AnswerProblem, Decision, FormAnswer, RunView } from './api.ts'
import { askInstead, showVersion } from './branch-actions.ts'
import {
  answerForm,
  ask,
  decide,
  followBusy,
  newConversation,
  retry,
  stop,
  stopBusy
} from './chat-actions.ts'
import {
  type ChatContext,
  type ChatDependencies,
  createContext,
  patchView,
  setDraft
} from './chat-context.ts'
import { load } from './chat-loading.ts'
import type { ChatView } from './chat-view.ts'
import {
  openConversation,
  removeConversation,
  renameConversation,
  saveConversation
} from './conversation-actions.ts'
import type { ConversationSummary, ExportFormat } from './conversation-api.ts'

/** The chat's state and everything a person can do with it. */
export interface Chat
  extends Pick<
    ChatContext,
    'view' | 'messages' | 'draft' | 'edits' | 'list' | 'version' | 'signInUrl'
  > {
  /** Asks the service for its options, again after a while, and brings this tab's conversation back. */
  load(): Promise<void>
  setDraft(text: string): void
  choose(choice: Partial<Pick<ChatView, 'model' | 'servers' | 'about' | 'editing'>>): void
  /** Takes what could not be done in the list off the page. */
  dismissListNotice(): void
  /** Sends a question, or keeps it until the service is there. Ignored while an answer is being written. */
  ask(text: string): Promise<void>
  /** Asks in the place of an earlier question; what came from there on stays with the service. */
  askInstead(questionId: string, text: string): Promise<void>
  /** Shows another version of a question, `by` one forwards or back; answers why it could not. */
  showVersion(messageId: string, by: 1 | -1): Promise<string | undefined>
  /** Reads, sends or asks again, whichever the failure calls for. */
  retry(answerId: string): Promise<void>
  /** Asks the service to stop the answer being written. */
  stop(): Promise<void>
  /** Approves or rejects what the answer waits for; answers why it could not. */
  decide(answerId: string, decisions: readonly Decision[]): Promise<string | undefined>
  /** Answers a form that a tool server asks for; answers why it could not. */
  answer(
    answerId: string,
    elicitationId: string,
    said: FormAnswer
  ): Promise<AnswerProblem | undefined>
  /** What the service knows of how an answer came about. Throws ChatError, and the signal's reason once aborted. */
  lookUp(runId: string, signal: AbortSignal): Promise<RunView>
  /** Stops the run that another client started in this conversation. */
  stopBusy(): Promise<void>
  /** Reads along with it. */
  followBusy(): Promise<void>
  newConversation(): void
  /** Shows another conversation, and follows its run when one is under way. */
  open(id: string): Promise<void>
  /** These answer false when it did not work; the view says why. */
  rename(id: string, title: string): Promise<boolean>
  remove(id: string): Promise<boolean>
  save(conversation: ConversationSummary, format: ExportFormat): Promise<boolean>
  /** Stops reading. Runs go on. */
  close(): void
}

export function createChat(dependencies: ChatDependencies): Chat {
  const context = createContext(dependencies)
  return {
    view: context.view,
    messages: context.messages,
    draft: context.draft,
    edits: context.edits,
    list: context.list,
    version: context.version,
    signInUrl: context.signInUrl,
    load: () => load(context),
    setDraft: (text) => setDraft(context, text),
    choose: (choice) => patchView(context, choice),
    dismissListNotice: () => patchView(context, { listNotice: undefined }),
    ask: (text) => ask(context, text),
    askInstead: (questionId, text) => askInstead(context, questionId, text),
    showVersion: (messageId, by) => showVersion(context, messageId, by),
    retry: (answerId) => retry(context, answerId),
    stop: () => stop(context),
    decide: (answerId, decisions) => decide(context, answerId, decisions),
    answer: (answerId, elicitationId, said) =>
      answerForm(context, { answerId, elicitationId }, said),
    lookUp: (runId, signal) =>
      context.api.run(runId, AbortSignal.any([signal, context.closing.signal])),
    stopBusy: () => stopBusy(context),
    async followBusy() {
      // It is not in the branch that is shown: it is the newest of all.
      if (context.view.get().at) await showVersion(context, undefined)
      else await followBusy(context)
    },
    newConversation: () => newConversation(context),
    open: (id) => openConversation(context, id),
    rename: (id, title) => renameConversation(context, id, title),
    remove: (id) => removeConversation(context, id),
    save: (conversation, format) => saveConversation(context, conversation, format),
    close() {
      context.loading.abort()
      context.lifetime.abort()
      context.closing.abort()
      context.list?.close()
      context.messages.close()
    }
  }
}
