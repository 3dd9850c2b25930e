import { expect, test } from 'vitest'
import { McpFailure } from '../../../src/mcp/mcp-failure.ts'
import { failedResult, foreignResult, ownResult } from '../../../src/mcp/mcp-results.ts'

const options = { maxBytes: 1024, tool: 'look' }

test('says in sentences what a model cannot read', () => {
  const { text } = foreignResult(
    {
      content: [
        { type: 'text', text: 'before' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'audio', data: 'AAAA' },
        { type: 'resource_link', uri: 'file:///a', name: 'a' },
        { type: 'resource', resource: { uri: 'file:///b', text: 'inside' } },
        { type: 'resource', resource: { uri: 'file:///c', blob: 'AAAA', mimeType: 'a/b' } },
        { type: 'hologram' }
      ]
    },
    options
  )
  expect(text).toBe(
    [
      'before',
      '[An image (image/png) that is not shown here.]',
      '[A sound (of unknown type) that is not played here.]',
      '[A resource named a: file:///a]',
      '[The resource file:///b:]',
      'inside',
      '[The resource file:///c (a/b), which is not text.]',
      '[Content of the unknown type hologram.]'
    ].join('\n')
  )
})

test('reads structured content where there is no text', () => {
  const structuredContent = { n: 1 }
  expect(foreignResult({ content: [], structuredContent }, options).text).toBe('{"n":1}')
  const both = { content: [{ type: 'text', text: 'one' }], structuredContent }
  expect(foreignResult(both, options).text).toBe('one')
})

test('an error of the tool is a result that says so', () => {
  const content = [{ type: 'text', text: 'no such device' }]
  expect(foreignResult({ content, isError: true }, options)).toMatchObject({
    isError: true,
    text: 'no such device',
    gaps: []
  })
})

test.each([1023, 1024])('a text of %i bytes is whole', (length) => {
  const content = [{ type: 'text', text: 'x'.repeat(length) }]
  expect(foreignResult({ content }, options)).toMatchObject({ text: 'x'.repeat(length), gaps: [] })
})

test('a text beyond the limit is cut between characters', () => {
  for (const text of ['x'.repeat(1025), 'ü'.repeat(600), '😀'.repeat(300)]) {
    const result = foreignResult({ content: [{ type: 'text', text }] }, options)
    expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(1024)
    expect(result.text).not.toContain('\uFFFD')
    expect(result.gaps).toHaveLength(1)
  }
})

test('pages of objects come along, at most 50', () => {
  const content = [{ type: 'text', text: 'ok' }]
  const objects = Array.from({ length: 50 }, (_, index) => ({
    label: `device ${index}`,
    url: `https://nautobot.example.com/dcim/devices/${index}/`
  }))
  const result = (some: unknown) =>
    ownResult({ content, structuredContent: { objects: some } }, options).objects
  expect(result(objects)).toEqual(objects)
  expect(result([...objects, objects[0]])).toBeUndefined()
  expect(result([])).toBeUndefined()
})

test('facts of our own server that are not facts are left out', () => {
  const structuredContent = { rows: -1, links: 'x', gaps: [7] }
  const content = [{ type: 'text', text: 'ok' }]
  expect(ownResult({ content, structuredContent }, options)).toEqual({
    isError: false,
    text: 'ok',
    links: [],
    gaps: []
  })
})

test('a failure tells the model whether the call may have had an effect', () => {
  const lost = failedResult('one', new McpFailure('timeout', 'it did not answer.'), options)
  expect(lost.text).toContain('Whether the call had any effect is not known.')
  const paused = failedResult('one', new McpFailure('paused', 'it answered 500.'), options)
  expect(paused.text).toBe('one could not be asked: it answered 500. Say so, and go on without it.')
  expect(paused.gaps).toEqual(['one could not be asked: it answered 500.'])
  const refused = failedResult('one', new McpFailure('refused', 'No such tool'), options)
  expect(refused).toEqual({ isError: true, text: 'No such tool', links: [], gaps: [] })
})
