import { hash as digest } from 'node:crypto'
import type { BaseMessage } from '@langchain/core/messages'
import { compress, decompress } from './compression.ts'
import { fromPlainMessage, isKnownMessage, type PlainMessage } from './message-codec.ts'
import { partsOf, textOf } from './message-text.ts'
import { HASH_CHARACTERS } from './redis-checkpoint-lua.ts'
import { decodeValue, encodeValue, loadForeign } from './value-codec.ts'

/** A longer text is kept apart, by its hash, so that a checkpoint that did not change it does not repeat it. */
const MAX_INLINE_CHARACTERS = 256

/** A value as a record holds it: a list of messages, a text, or the hash of a longer text. */
export type StoredValue =
  | { readonly l: string }
  | { readonly t: string; readonly r?: string }
  | { readonly h: string; readonly r?: string }

/** What a checkpoint or a write is made of, and the contents it needs. */
export interface ContentWriter {
  /** Messages apart from each other, anything else as text. */
  value(value: unknown): StoredValue
  /** Of everything so far, one after another. */
  hashes(): string
  /** Hash and bytes, alternating: what the other side is not known to have, and what it `asked` for. */
  contents(asked: ReadonlySet<string>): (string | Buffer)[]
  /** The other side has them all now. */
  stored(): void
}

/** What a message looked like when it was hashed. Its parts are replaced, never changed from inside. */
interface Known {
  readonly hash: string
  readonly parts: readonly unknown[]
  /** Where its content is known to be. */
  conversationId: string | undefined
}

/** Remembers messages by identity, so that a step of a long conversation costs what it adds. */
export interface ContentStore {
  writer(conversationId: string): ContentWriter
  /** Texts and messages of one answer of Redis. Throws when a content is missing or broken. */
  reader(
    conversationId: string,
    contents: ReadonlyMap<string, Buffer>,
    inline: readonly (string | undefined)[]
  ): Promise<ContentReader>
}

export interface ContentReader {
  value(stored: { readonly t?: string; readonly h?: string }): unknown
  messages(list: string): BaseMessage[]
}

function hashOf(text: string): string {
  return digest('sha256', text, 'base64url').slice(0, HASH_CHARACTERS)
}

function hashesIn(list: string): string[] {
  return Array.from({ length: list.length / HASH_CHARACTERS }, (_, place) =>
    list.slice(place * HASH_CHARACTERS, (place + 1) * HASH_CHARACTERS)
  )
}

/** Messages alone, in order: a channel that grows at its end. */
function listOf(value: unknown): BaseMessage[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every(isKnownMessage) ? value : undefined
}

export function createContentStore(): ContentStore {
  const known = new WeakMap<BaseMessage, Known>()
  return {
    writer: (conversationId) => createWriter(known, conversationId),
    reader: (...parts) => createReader(known, ...parts)
  }
}

type KnownMessages = WeakMap<BaseMessage, Known>

function know(known: KnownMessages, message: BaseMessage): { entry: Known; text?: string } {
  const parts = partsOf(message)
  const entry = known.get(message)
  if (entry?.parts.every((part, place) => Object.is(part, parts[place]))) return { entry }
  const text = textOf(message)
  const fresh: Known = { hash: hashOf(text), parts, conversationId: undefined }
  known.set(message, fresh)
  return { entry: fresh, text }
}

function createWriter(known: KnownMessages, conversationId: string): ContentWriter {
  const used = new Map<string, { text(): string; entry?: Known }>()

  function store(message: BaseMessage): string {
    const { entry, text } = know(known, message)
    used.set(entry.hash, { text: () => text ?? textOf(message), entry })
    return entry.hash
  }

  return {
    value(value) {
      const list = listOf(value)
      if (list) return { l: list.map(store).join('') }
      const inside: string[] = []
      const text = encodeValue(value, (message) => {
        const hash = store(message)
        inside.push(hash)
        return hash
      })
      const r = inside.length > 0 ? { r: inside.join('') } : {}
      if (text.length <= MAX_INLINE_CHARACTERS) return { t: text, ...r }
      const hash = hashOf(text)
      used.set(hash, { text: () => text })
      return { h: hash, ...r }
    },

    hashes: () => [...used.keys()].join(''),

    contents(asked) {
      const wanted = [...used].filter(
        ([hash, { entry }]) => asked.has(hash) || entry?.conversationId !== conversationId
      )
      return wanted.flatMap(([hash, { text }]) => [hash, compress(text())])
    },

    stored() {
      for (const { entry } of used.values()) if (entry) entry.conversationId = conversationId
    }
  }
}

async function createReader(
  known: KnownMessages,
  ...[conversationId, contents, inline]: Parameters<ContentStore['reader']>
): Promise<ContentReader> {
  const texts = new Map([...contents].map(([hash, bytes]) => [hash, decompress(bytes)]))
  const foreign = await loadForeign([...texts.values(), ...inline])
  const parts = { message, foreign }

  function textAt(hash: string): string {
    const text = texts.get(hash)
    if (text === undefined) throw new Error('A stored content is missing')
    return text
  }

  function message(hash: string): BaseMessage {
    const made = fromPlainMessage(decodeValue(textAt(hash), parts) as PlainMessage)
    known.set(made, { hash, parts: partsOf(made), conversationId })
    return made
  }

  return {
    value: ({ t, h }) => decodeValue(h === undefined ? (t ?? 'null') : textAt(h), parts),
    messages: (list) => hashesIn(list).map(message)
  }
}
