import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'

const ID_CHARACTERS = 10
const MAX_KEPT_TEXT_BYTES = 64 * 1024 * 1024

/** Which conversation a result belongs to, and the claim under which it is written; undefined in memory. */
export interface ResultPlace {
  readonly conversationId: string
  readonly fence: string | undefined
}

/** Tool results that are too long for a model, whole. They belong to one conversation and go with it. */
export interface ResultStore {
  /**
   * Keeps a text; the oldest of its conversation give way at the limit. Answers whether it is kept: one that is longer
   * than all of them may be together is not. Throws REDIS_UNAVAILABLE, and what says that the claim is lost.
   */
  keep(place: ResultPlace, resultId: string, text: string): Promise<boolean>
  /** Undefined when this conversation has no such result, or has it no more. Throws REDIS_UNAVAILABLE. */
  read(place: ResultPlace, resultId: string): Promise<string | undefined>
}

/** The same text has the same id, so that a call that is repeated takes no place twice. */
export function resultIdOf(text: string): string {
  return `r${hash('sha256', text, 'hex').slice(0, ID_CHARACTERS)}`
}

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** Beside the event loop: a result may have megabytes. */
export function packText(text: string): Promise<Buffer> {
  return deflate(Buffer.from(text), { level: 3 })
}

/** Throws when the bytes are not ours, or were cut. */
export async function unpackText(bytes: Buffer): Promise<string> {
  return (await inflate(bytes, { maxOutputLength: MAX_KEPT_TEXT_BYTES })).toString()
}
