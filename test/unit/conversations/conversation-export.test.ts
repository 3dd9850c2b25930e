import { expect, it } from 'vitest'
import { fileNameOf, toMarkdown } from '../../../src/conversations/conversation-export.ts'

const CONVERSATION = {
  ...{ id: 'c1', title: 'Devices', createdAt: 0, updatedAt: 0, runId: undefined },
  choice: {}
}

it('writes questions, answers and tools with their results', () => {
  const call = { toolCallId: 'call-1', name: 'count', arguments: { model: 'dcim.device' } }
  const text = toMarkdown({
    ...CONVERSATION,
    messages: [
      { id: 'm1', role: 'user', text: 'How many?' },
      {
        id: 'm2',
        role: 'assistant',
        text: '',
        toolCalls: [{ ...call, result: '12', isError: false }]
      },
      { id: 'm3', role: 'assistant', text: 'Twel', incomplete: true }
    ]
  })

  expect(text).toBe(`# Devices

Begun 1970-01-01T00:00:00.000Z.

## Question

How many?

## Answer

### Tool \`count\`

\`\`\`
{
  "model": "dcim.device"
}
\`\`\`

Result:

\`\`\`
12
\`\`\`

## Answer

Twel

*This answer was cut short.*
`)
})

it('lets no result out of its fence, and no title out of its line', () => {
  const call = { toolCallId: 'call-1', name: 'a`b', arguments: '{"x":', result: '````\n# Not ours' }
  const text = toMarkdown({
    ...CONVERSATION,
    title: '[x](y) <b>',
    messages: [{ id: 'm1', role: 'assistant', text: '', toolCalls: [call] }]
  })

  expect(text).toContain('`````\n````\n# Not ours\n`````')
  expect(text).toContain("### Tool `a'b`")
  expect(text.startsWith('# \\[x\\](y) \\<b\\>\n')).toBe(true)
})

it.each([
  ['How many devices?', 'how-many-devices'],
  ['Zürich "x"; \r\n../etc', 'zurich-x-etc'],
  ['設備', 'conversation'],
  ['x'.repeat(200), 'x'.repeat(60)]
])('names the file of %j', (title, name) => {
  expect(fileNameOf(title)).toBe(name)
})

it('says from where on the model read a summary', () => {
  const messages = [
    { id: 'm1', role: 'assistant' as const, text: 'Go on.', summary: 'Before: 12.' }
  ]
  const text = toMarkdown({ ...CONVERSATION, messages })

  expect(text).toContain(
    'the model read a summary of what was said before:*\n\n```\nBefore: 12.\n```\n\nGo on.'
  )
})
