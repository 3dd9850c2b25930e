import type { BaseMessage } from '@langchain/core/messages'
import { DeltaSnapshot, isDeltaSnapshot, JsonPlusSerializer } from '@langchain/langgraph-checkpoint'
import { isKnownMessage } from './message-codec.ts'

/**
 * What JSON cannot say travels as an object with this key: `{"$":"set","v":[…]}`. An object that has such a
 * key of its own is wrapped as `{"$":"object","v":{…}}`.
 */
const TAG = '$'
const FOREIGN_MARK = '"$":"lc"'

interface Tagged {
  readonly $: string
  readonly v: unknown
}

type Dictionary = Record<string, unknown>

/** Where messages go: kept apart, once each, and named by the hash of their content. */
export type StoreMessage = (message: BaseMessage) => string

/** Where parts of a stored value come from that are not in its text. */
export interface ValueParts {
  readonly message: (hash: string) => BaseMessage
  /** What `loadForeign` answered for this text, among others. */
  readonly foreign: ReadonlyMap<string, unknown>
}

const langchain = new JsonPlusSerializer()

/**
 * A value of a channel, a write or metadata as JSON, the same set of types as JsonPlusSerializer, but in one
 * synchronous pass: no promise for each value. Throws on a circle and on BigInt, like JSON. Without `store`
 * messages stay inside.
 */
export function encodeValue(value: unknown, store?: StoreMessage): string {
  return JSON.stringify(pack(value, store))
}

export function decodeValue(text: string, parts: ValueParts): unknown {
  return unpack(JSON.parse(text), parts)
}

/** LangChain's objects other than messages, by their text: only LangChain's loader, asynchronous, makes them. */
export async function loadForeign(
  texts: Iterable<string | undefined>
): Promise<ReadonlyMap<string, unknown>> {
  const foreign = new Map<string, unknown>()
  for (const text of texts) {
    if (!text?.includes(FOREIGN_MARK)) continue
    for (const inner of foreignTexts(JSON.parse(text))) {
      foreign.set(inner, await langchain.loadsTyped('json', inner))
    }
  }
  return foreign
}

function foreignTexts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (TAG in value && value[TAG] === 'lc') return [String((value as Tagged).v)]
  return Object.values(value).flatMap(foreignTexts)
}

function pack(value: unknown, store?: StoreMessage): unknown {
  if (value === undefined) return tagged('undefined', null)
  if (typeof value !== 'object' || value === null) return value
  if (store && isKnownMessage(value)) return tagged('m', store(value))
  if (Array.isArray(value)) return value.map((item) => pack(item, store))
  return packSpecial(value, store) ?? packObject(value as Dictionary, store)
}

function packSpecial(value: object, store?: StoreMessage): unknown {
  if (value instanceof Set) return tagged('set', pack([...value], store))
  if (value instanceof Map) return tagged('map', pack([...value], store))
  if (value instanceof RegExp) return tagged('regexp', [value.source, value.flags])
  if (value instanceof Error) return tagged('error', value.message)
  if (value instanceof Uint8Array) return tagged('bytes', Buffer.from(value).toString('base64'))
  if (isDeltaSnapshot(value)) return tagged('delta', pack(value.value, store))
  if ((value as Dictionary).lc_serializable === true) return tagged('lc', JSON.stringify(value))
  if (isSend(value)) return packObject(sendFields(value), store)
  return undefined
}

function packObject(value: Dictionary, store?: StoreMessage): unknown {
  if (typeof value.toJSON === 'function') return pack(value.toJSON(), store)
  const packed: Dictionary = {}
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'function' || typeof item === 'symbol') continue
    define(packed, key, pack(item, store))
  }
  return TAG in packed ? tagged('object', packed) : packed
}

/** LangGraph's `Send` comes back as the plain fields it is made of, as from its own serializer. */
function isSend(value: object): value is { node: unknown; args: unknown; timeout?: unknown } {
  return (value as Dictionary).lg_name === 'Send'
}

function sendFields({ node, args, timeout }: { node: unknown; args: unknown; timeout?: unknown }) {
  return { node, args, ...(timeout !== undefined && { timeout }) }
}

function tagged(kind: string, v: unknown): Tagged {
  return { [TAG]: kind, v }
}

function unpack(value: unknown, parts: ValueParts): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && TAG in value) return untag(value as Tagged, parts)
  return unpackInside(value as Dictionary, parts)
}

/** Replaces in place: the tree is ours, fresh from the parser. */
function unpackInside(holder: Dictionary, parts: ValueParts): unknown {
  for (const [key, item] of Object.entries(holder)) {
    if (typeof item === 'object' && item !== null) define(holder, key, unpack(item, parts))
  }
  return holder
}

type Untag = (v: unknown, parts: ValueParts) => unknown

const UNTAG: ReadonlyMap<string, Untag> = new Map<string, Untag>([
  ['m', (v, parts) => parts.message(String(v))],
  ['undefined', () => undefined],
  ['set', (v, parts) => new Set(unpack(v, parts) as unknown[])],
  ['map', (v, parts) => new Map(unpack(v, parts) as [unknown, unknown][])],
  ['regexp', (v) => new RegExp(...(v as [string, string]))],
  ['error', (v) => new Error(String(v))],
  ['bytes', (v) => new Uint8Array(Buffer.from(String(v), 'base64'))],
  ['delta', (v, parts) => new DeltaSnapshot(unpack(v, parts))],
  ['object', (v, parts) => unpackInside(v as Dictionary, parts)],
  ['lc', (v, parts) => parts.foreign.get(String(v))]
])

function untag({ $: kind, v }: Tagged, parts: ValueParts): unknown {
  const make = UNTAG.get(kind)
  if (!make) throw new Error('Stored value has an unknown form')
  return make(v, parts)
}

/** Like `holder[key] = value`, also where the key is `__proto__`. */
function define(holder: Dictionary, key: string, value: unknown): void {
  if (key !== '__proto__') {
    holder[key] = value
    return
  }
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true
  })
}
