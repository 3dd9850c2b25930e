import { EventSchemas } from '@ag-ui/core/schemas'
import { expect, test } from 'vitest'
import { encodeAgUi } from '../../../src/http/codecs/ag-ui.ts'
import { FAKE_EVENTS, toLogged } from '../../support/fake-runs.ts'

test('writes events that AG-UI itself can read, with a place and a name', () => {
  for (const [index, event] of FAKE_EVENTS.entries()) {
    const frame = encodeAgUi(toLogged(`1-${index + 1}`, event))
    const [id, name, data = '', ...rest] = frame.split('\n')
    expect([id, name, rest]).toEqual([`id: 1-${index + 1}`, `event: ${event.type}`, ['', '']])
    expect(EventSchemas.parse(JSON.parse(data.replace(/^data: /, '')))).toEqual(event)
  }
})

test('keeps text with line ends on one line', () => {
  const delta = 'a\r\nb\nc\u2028d'
  const frame = encodeAgUi(toLogged('1-1', { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta }))
  expect(frame.split(/\r\n|\r|\n/)).toHaveLength(5)
  expect(JSON.parse(frame.split('data: ')[1] ?? '').delta).toBe(delta)
})
