import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/client'

/** To what one server asks, on one connection: more at a time are not given, and it waits in vain. */
export const MAX_OPEN_ANSWERS = 128
/** How long a server may take to take one. */
export const MAX_DELIVERY_MS = 10_000

type Answer = JSONRPCMessage & { readonly id: RequestId }

interface Deliverer {
  send(answer: JSONRPCMessage, sending: { readonly requestSignal: AbortSignal }): Promise<void>
}

/**
 * Each answer to what a server asks is a request of its own. A server that asks without end, or takes no answer, would
 * have sockets of this process until there are none.
 */
export function createServerAnswers(deliverer: Deliverer, maxDeliveryMs = MAX_DELIVERY_MS) {
  let open = 0

  return async (answer: JSONRPCMessage): Promise<void> => {
    if (open >= MAX_OPEN_ANSWERS) throw new Error('The server asks more than it takes answers')
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), maxDeliveryMs)
    open += 1
    try {
      await deliverer.send(answer, { requestSignal: late.signal })
    } finally {
      open -= 1
      clearTimeout(timer)
    }
  }
}

/** And neither a request nor a notification. */
export function isAnswer(message: JSONRPCMessage): message is Answer {
  return 'id' in message && message.id !== undefined && !('method' in message)
}
