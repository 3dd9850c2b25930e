import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  type ResultPlace,
  type ResultStore,
  resultIdOf
} from '../../src/conversations/result-store.ts'

export const MAX_BYTES_PER_CONVERSATION = 10_000

export interface StoreUnderTest {
  readonly store: ResultStore
  /** A conversation of its own each time. */
  readonly open: () => Promise<ResultPlace>
}

/** Nothing that packing makes shorter by much. */
export const noise = (characters: number) =>
  randomBytes(characters).toString('base64').slice(0, characters)

/** What both stores of results do; each is made with MAX_BYTES_PER_CONVERSATION. */
export function testResultStore(create: () => StoreUnderTest): void {
  it('reads back what was kept, in its own conversation alone', async () => {
    const { store, open } = create()
    const [mine, other] = [await open(), await open()]
    const text = `Größe: ${'device '.repeat(20_000)}🛰`
    const id = resultIdOf(text)

    expect(await store.keep(mine, id, text)).toBe(true)
    expect(await store.read(mine, id)).toBe(text)
    expect(await store.read(other, id)).toBeUndefined()
    expect(await store.read(mine, 'r0000000000')).toBeUndefined()
  })

  it('lets the oldest results of a conversation give way at its limit', async () => {
    const { store, open } = create()
    const place = await open()
    const texts = Array.from({ length: 4 }, () => noise(6_000))
    for (const text of texts) await store.keep(place, resultIdOf(text), text)

    const kept = await Promise.all(texts.map((text) => store.read(place, resultIdOf(text))))
    expect(kept.map((text) => text !== undefined)).toEqual([false, false, true, true])
  })

  it('keeps the same result once', async () => {
    const { store, open } = create()
    const place = await open()
    const [first, second] = [noise(6_000), noise(6_000)]
    for (const text of [first, second, first, second, first]) {
      await store.keep(place, resultIdOf(text), text)
    }

    expect(await store.read(place, resultIdOf(first))).toBe(first)
    expect(await store.read(place, resultIdOf(second))).toBe(second)
  })

  it('does not keep what is longer than all results of a conversation may be, and loses nothing for it', async () => {
    const { store, open } = create()
    const place = await open()
    const [small, large] = [noise(1_000), noise(2 * MAX_BYTES_PER_CONVERSATION)]
    await store.keep(place, resultIdOf(small), small)

    expect(await store.keep(place, resultIdOf(large), large)).toBe(false)
    expect(await store.read(place, resultIdOf(small))).toBe(small)
  })
}
