import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createDocuments } from '../../openapi/documents.ts'

const root = new URL('../../', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))
const documents = await createDocuments(version)

test.each([...documents.keys()])('%s is what the code says (npm run openapi)', async (path) => {
  expect(await readFile(new URL(path, root), 'utf8')).toBe(documents.get(path))
})

test('every operation has a name, a summary, a tag and described errors', () => {
  const { paths } = JSON.parse(documents.get('openapi/openapi.json') ?? '{}')
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object))
  expect(operations.length).toBeGreaterThan(7)
  for (const { operationId, summary, tags, responses } of operations) {
    expect(operationId).toMatch(/^[a-z-]+\.[a-z-]+$/)
    expect(summary).toBeTruthy()
    expect(tags).toHaveLength(1)
    expect(responses[500].description).toContain('INTERNAL')
  }
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
})
