import { expect, test } from 'vitest'
import { findLocalOllama } from '../../../src/llm/local-ollama.ts'
import { startWireServer, type WireHandler } from '../../support/wire-server.ts'

const OLD = { name: 'old:8b', modified_at: '2025-01-01T00:00:00.1+02:00' }
const NEW = { name: 'new:8b', modified_at: '2026-01-01T00:00:00.123456789+02:00' }
const VECTORS = {
  name: 'vectors',
  modified_at: '2026-06-01T00:00:00Z',
  details: { family: 'nomic-bert' }
}

async function find(handle: WireHandler, timeoutMs = 2_000) {
  const { url, requests } = await startWireServer(handle)
  const found = await findLocalOllama({ fetch, address: url, timeoutMs })
  return { found, requests, url }
}

test('takes the newest model of a local Ollama, by its compatible address', async () => {
  const { found, requests, url } = await find(() => ({ models: [OLD, NEW] }))
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/tags'])
  expect(found).toEqual({
    address: `${url}/v1`,
    apiKey: undefined,
    model: 'new:8b',
    apiVersion: ''
  })
})

test('prefers a model that calls tools to a newer one that does not', async () => {
  const { found } = await find(() => ({
    models: [
      { ...NEW, capabilities: ['completion'] },
      { ...OLD, capabilities: ['completion', 'tools'] }
    ]
  }))
  expect(found?.model).toBe('old:8b')
})

test.each([
  ['no model', []],
  ['models for vectors alone', [VECTORS, { ...NEW, capabilities: ['embedding'] }]],
  ['models in its cloud alone', [{ ...NEW, remote_host: 'https://ollama.com:443' }]]
])('finds nothing in an Ollama with %s', async (_what, models) => {
  const { found } = await find(() => ({ models }))
  expect(found).toBeUndefined()
})

test.each<[string, WireHandler]>([
  ['is no Ollama', (_request, response) => response.writeHead(404).end('Not found')],
  ['answers something else', () => ({ models: 'none' })],
  ['answers more than 1 MiB', () => ({ models: [{ ...NEW, more: 'x'.repeat(1024 * 1024) }] })],
  ['leads elsewhere', (_request, response) => response.writeHead(302, { location: '/' }).end()]
])('finds nothing where a server %s', async (_what, handle) => {
  const { found } = await find(handle)
  expect(found).toBeUndefined()
})

test('does not wait for a server that is silent, and not where nothing listens', async () => {
  const startedAt = performance.now()
  const { found } = await find(() => undefined, 50)
  expect(found).toBeUndefined()
  expect(await findLocalOllama({ fetch, address: 'http://127.0.0.1:1' })).toBeUndefined()
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
