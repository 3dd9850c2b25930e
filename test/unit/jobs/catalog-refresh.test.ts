import { expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.ts'
import { createCatalogStore } from '../../../src/catalog/catalog-store.ts'
import { createCatalogRefresh } from '../../../src/jobs/catalog-refresh.ts'

function setup() {
  const loads: PromiseWithResolvers<Catalog>[] = []
  const store = createCatalogStore({
    load: () => {
      const load = Promise.withResolvers<Catalog>()
      loads.push(load)
      return load.promise
    },
    maxAgeMs: 60_000,
    maxWaitMs: 100,
    retryAfterMs: 100,
    onRefreshFailed: () => undefined
  })
  const answer = (revision: string) =>
    loads
      .at(-1)
      ?.resolve({ revision, loadedAt: 0, llmModels: [], mcpServers: [], systemPrompts: [] })
  return { job: createCatalogRefresh(store), answer }
}

const context = (signal = new AbortController().signal) => ({ signal, correlationId: 'c' })

it('says whether the configuration has changed', async () => {
  const { job, answer } = setup()
  const outcome = async (revision: string) => {
    const run = job.run(context())
    answer(revision)
    return run
  }

  expect(await outcome('a')).toBe('changed: 0 LLM models, 0 MCP servers, 0 system prompts')
  expect(await outcome('a')).toMatch(/^unchanged/)
  expect(await outcome('b')).toMatch(/^changed/)
})

it('lets go when its time is over, while the reading goes on', async () => {
  const { job } = setup()
  const limit = new AbortController()
  const run = job.run(context(limit.signal))
  limit.abort(new Error('late'))

  await expect(run).rejects.toThrow('late')
})
