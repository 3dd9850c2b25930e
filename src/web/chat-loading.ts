import { sendWaiting } from './chat-actions.ts'
import { type ChatContext, patchView } from './chat-context.ts'
import { toFailure } from './chat-error.ts'
import { readBack } from './conversation-actions.ts'
import { waitOrOnline } from './run-reader.ts'

/** Waits between attempts to reach the service for the first time; after the last one a person decides. */
export const LOAD_RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000] as const

/**
 * Asks the service for its options until it answers or the waits are used up, then brings this tab's
 * conversation back and sends what a person has sent meanwhile. A second call takes the first one's place.
 */
export async function load(context: ChatContext): Promise<void> {
  context.loading.abort()
  context.loading = new AbortController()
  const signal = AbortSignal.any([context.loading.signal, context.lifetime.signal])
  try {
    if (!(await reach(context, signal))) return
    void context.list?.refresh()
    await restore(context)
    signal.throwIfAborted()
  } catch (error) {
    if (signal.aborted) return
    throw error
  }
  await sendWaiting(context)
}

async function reach(context: ChatContext, signal: AbortSignal): Promise<boolean> {
  const { wait = waitOrOnline } = context
  for (let attempt = 0; ; attempt += 1) {
    const failure = await tryOnce(context, signal)
    if (!failure) return true
    const delayMs = failure.retryable ? LOAD_RETRY_DELAYS_MS[attempt] : undefined
    const announcement = failure.message
    patchView(context, { failure, loading: false, nextLoadMs: delayMs, announcement })
    if (delayMs === undefined) {
      patchView(context, { waitsToSend: false })
      return false
    }
    await wait(delayMs, signal)
  }
}

/** Answers why it did not work. */
async function tryOnce(context: ChatContext, signal: AbortSignal) {
  patchView(context, { loading: true, nextLoadMs: undefined })
  try {
    const options = await context.api.options(signal)
    patchView(context, { options, failure: undefined, loading: false })
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return toFailure(error)
  }
}

/** Brings the tab's conversation back, for the same person and not on the way from an object's page. */
async function restore(context: ChatContext): Promise<void> {
  const { memory, messages, view, about } = context
  const kept = memory.conversation()
  if (!kept || about || messages.order.get().length > 0) return
  if (kept.username !== view.get().options?.identity.username) {
    memory.keepConversation(undefined)
    return
  }
  patchView(context, { conversationId: kept.conversationId })
  await readBack(context, kept)
}
