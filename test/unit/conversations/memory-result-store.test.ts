import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { createMemoryResultStore } from '../../../src/conversations/memory-result-store.ts'
import {
  MAX_BYTES_PER_CONVERSATION,
  noise,
  testResultStore
} from '../../support/result-store-suite.ts'

const open = async () => ({ conversationId: randomUUID(), fence: undefined })

testResultStore(() => ({
  store: createMemoryResultStore({
    maxBytesPerConversation: MAX_BYTES_PER_CONVERSATION,
    maxBytes: 1_000_000
  }),
  open
}))

it('lets results of other conversations give way at the limit of the process, and forgets a conversation', async () => {
  const store = createMemoryResultStore({ maxBytesPerConversation: 10_000, maxBytes: 10_000 })
  const places = [await open(), await open(), await open()]
  for (const place of places) await store.keep(place, 'r1', noise(6_000))
  const isKept = async () =>
    (await Promise.all(places.map((place) => store.read(place, 'r1')))).map(
      (text) => text !== undefined
    )

  expect(await isKept()).toEqual([false, true, true])
  store.forget(places[1]?.conversationId ?? '')
  expect(await isKept()).toEqual([false, false, true])
})
