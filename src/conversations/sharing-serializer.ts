import type { BaseMessage } from '@langchain/core/messages'
import type { SerializerProtocol } from '@langchain/langgraph-checkpoint'
import { fromPlainMessage, type PlainMessage } from './message-codec.ts'
import { partsOf, textOf } from './message-text.ts'
import { decodeValue, encodeValue, loadForeign } from './value-codec.ts'

/** A message's text, as long as the message is made of the same parts. */
interface Kept {
  readonly parts: readonly unknown[]
  readonly text: string
}

interface Value {
  readonly text: string
  /** What it has in common with others: one text for all of them. */
  readonly messages: readonly string[]
}

/**
 * For a saver in this process. Each checkpoint of a conversation has all messages before it: they are serialised once
 * and held together, so that one checkpoint more costs what it adds. The bytes it gives are empty: a name for what
 * is kept here, which goes when they go. It reads nothing else.
 */
export function createSharingSerializer(): SerializerProtocol {
  const kept = new WeakMap<BaseMessage, Kept>()
  const values = new WeakMap<Uint8Array, Value>()

  function textOfKnown(message: BaseMessage): string {
    const parts = partsOf(message)
    const known = kept.get(message)
    if (known?.parts.every((part, place) => Object.is(part, parts[place]))) return known.text
    const text = textOf(message)
    kept.set(message, { parts, text })
    return text
  }

  return {
    async dumpsTyped(value) {
      const messages: string[] = []
      const text = encodeValue(value, (message) => String(messages.push(textOfKnown(message)) - 1))
      const name = new Uint8Array()
      values.set(name, { text, messages })
      return ['json', name]
    },

    async loadsTyped(_type, name) {
      const value = typeof name === 'string' ? undefined : values.get(name)
      if (!value) throw new Error('This value was not written here')
      const foreign = await loadForeign([value.text, ...value.messages])
      const message = (place: string): BaseMessage => {
        const text = value.messages[Number(place)] ?? ''
        const made = fromPlainMessage(decodeValue(text, { message, foreign }) as PlainMessage)
        kept.set(made, { parts: partsOf(made), text })
        return made
      }
      return decodeValue(value.text, { message, foreign })
    }
  }
}
