import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.ts'
import { createCatalogStore } from '../../../src/catalog/catalog-store.ts'

const catalog = (revision: string): Catalog => ({
  revision,
  loadedAt: 0,
  llmModels: [],
  mcpServers: [],
  systemPrompts: []
})

/** A store whose clock and Nautobot the test controls. */
function setup() {
  const failures: unknown[] = []
  const pending: PromiseWithResolvers<Catalog>[] = []
  let time = 0
  const store = createCatalogStore({
    load: () => {
      const answer = Promise.withResolvers<Catalog>()
      pending.push(answer)
      return answer.promise
    },
    maxAgeMs: 1_000,
    maxWaitMs: 20,
    retryAfterMs: 5_000,
    now: () => time,
    onRefreshFailed: (error) => failures.push(error)
  })
  return {
    store,
    failures,
    loads: () => pending.length,
    answer: (revision: string, { load = -1 } = {}) => pending.at(load)?.resolve(catalog(revision)),
    refuse: (error: Error) => pending.at(-1)?.reject(error),
    elapse: (ms: number) => {
      time += ms
    }
  }
}

it('loads once for callers that ask at the same time', async () => {
  const { store, loads, answer } = setup()
  const asked = [store.current(), store.current(), store.current()]
  answer('a')

  expect(await Promise.all(asked)).toEqual([catalog('a'), catalog('a'), catalog('a')])
  expect(loads()).toBe(1)
})

it('answers from memory when the catalog is old, and refreshes behind the caller', async () => {
  const { store, loads, answer, elapse } = setup()
  const first = store.current()
  answer('a')
  await first
  elapse(1_000)

  expect(await store.current()).toEqual(catalog('a'))
  expect(loads()).toBe(2)
})

it('waits for the new catalog after an invalidation', async () => {
  const { store, answer } = setup()
  const first = store.current()
  answer('a')
  await first
  store.invalidate()
  const second = store.current()
  answer('b')

  expect(await second).toEqual(catalog('b'))
})

it('never lets a load that began before an invalidation replace a later one', async () => {
  const { store, loads, answer } = setup()
  const early = store.current()
  store.invalidate()
  const late = store.current()
  answer('old', { load: 0 })
  expect(await early).toEqual(catalog('old'))

  const joined = store.current()
  answer('new')
  expect(await Promise.all([late, joined])).toEqual([catalog('new'), catalog('new')])
  expect(loads()).toBe(2)
})

it('keeps serving the last good catalog while Nautobot is down', async () => {
  const { store, failures, answer, refuse } = setup()
  const first = store.current()
  answer('a')
  await first
  store.invalidate()
  const second = store.current()
  const outage = new Error('ECONNREFUSED')
  refuse(outage)

  expect(await second).toEqual(catalog('a'))
  expect(failures).toEqual([outage])
})

it('fails when there has never been a catalog', async () => {
  const { store, refuse } = setup()
  const first = store.current()
  refuse(new Error('ECONNREFUSED'))

  await expect(first).rejects.toThrow('ECONNREFUSED')
})

it('lets one caller wait for a Nautobot that hangs, and nobody again until the pause is over', async () => {
  const { store, loads, answer, elapse } = setup()
  const first = store.current()
  answer('a')
  await first
  store.invalidate()

  expect(await store.current()).toEqual(catalog('a'))
  // Whoever waits, waits for a timer at least.
  const answered = await Promise.race([store.current(), setImmediate('waits')])
  expect(answered).toEqual(catalog('a'))

  elapse(5_000)
  const late = store.current()
  answer('b')
  expect(await late).toEqual(catalog('b'))
  expect(loads()).toBe(2)
})

it('reads again when asked to refresh, however young the catalog is', async () => {
  const { store, loads, answer } = setup()
  expect(store.peek()).toBeUndefined()
  const first = store.current()
  answer('a')
  await first
  const second = store.refresh()
  const joined = store.refresh()
  answer('b')

  expect(await Promise.all([second, joined])).toEqual([catalog('b'), catalog('b')])
  expect(loads()).toBe(2)
  expect(store.peek()).toEqual(catalog('b'))
})
