import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { checkAnswer, MAX_CLAIM_MARKS } from '../../../src/agent/answer-check.ts'
import type { ResultOrigin } from '../../../src/agent/evidence.ts'

const DEVICES = 'https://nautobot.example/dcim/devices/'
const links = [
  { label: 'Devices: 12', url: `${DEVICES}?location=AMS01&clear_view=true` },
  { label: 'Device ams01-rtr-01', url: `${DEVICES}1/` }
]

const origin = (change: Partial<ResultOrigin> = {}): ResultOrigin => ({
  readAt: '2026-11-26T09:12:44.000Z',
  username: 'alice',
  server: 'nautobot',
  links,
  ...change
})

function result(content: string, artifact: ResultOrigin = origin()): ToolMessage {
  return new ToolMessage({ tool_call_id: 'c1', content, artifact })
}

const asked = (text: string) => new HumanMessage(text)
const found = result('{"count":12,"rows":[["ams01-rtr-01","AMS01"]]}')

it('links what it found and marks what it did not', () => {
  const text = '12 devices, among them ams01-rtr-01 and ams01-rtr-99.'
  const check = checkAnswer(text, [asked('How many devices are at AMS01?'), found])

  expect(check?.gaps).toEqual([])
  expect(check?.note).toEqual({
    found: 2,
    missing: 1,
    marks: [
      { text: '12', start: 0, end: 2, verdict: 'found', url: links[0]?.url },
      { text: 'ams01-rtr-01', start: 23, end: 35, verdict: 'found', url: links[1]?.url },
      { text: 'ams01-rtr-99', start: 40, end: 52, verdict: 'missing' }
    ]
  })
})

it('makes no link inside of a link that the model wrote', () => {
  const check = checkAnswer('See [ams01-rtr-01](https://nautobot.example/x/).', [asked('?'), found])
  expect(check?.note).toEqual({ found: 1, missing: 0, marks: [] })
})

it('counts places in a text whose lines end as the page reads them', () => {
  const check = checkAnswer('Devices:\r\n\r\nams01-rtr-99', [asked('?'), found])
  expect(check?.note.marks).toEqual([
    { text: 'ams01-rtr-99', start: 10, end: 22, verdict: 'missing' }
  ])
})

it('says nothing about an answer that states nothing', () => {
  expect(checkAnswer('Hello! What would you like to know?', [asked('Hi'), found])).toBeUndefined()
})

it('takes the words of the user, of the page and of the calls for known', () => {
  const call = { id: 'c1', name: 'find', args: { filters: { name: ['lon01-acc-07'] } } }
  const messages = [
    asked('[context]\npage: dcim.device:6f1a2a52-9a53-4a0c-9a52-7c1f6e0c9a11\n[/context]\nams99?'),
    new AIMessage({ content: '', tool_calls: [call] }),
    result('{"count":0}')
  ]
  const text = 'Neither ams99 nor lon01-acc-07 is there, nor 6f1a2a52-9a53-4a0c-9a52-7c1f6e0c9a11.'
  expect(checkAnswer(text, messages)?.note).toMatchObject({ found: 3, missing: 0 })
})

it('does not take what the model said before for data', () => {
  const messages = [asked('?'), found, new AIMessage('Also ams01-rtr-99.'), asked('Really?')]
  expect(checkAnswer('Yes, ams01-rtr-99.', messages)?.note.missing).toBe(1)
})

it('tells when data was read that an earlier question asked for', () => {
  const messages = [asked('How many?'), found, new AIMessage('12.'), asked('Which?')]
  expect(checkAnswer('It is ams01-rtr-01.', messages)?.gaps).toEqual([
    'Part of this was read for an earlier question, on 2026-11-26 at 09:12 UTC, and not again.'
  ])
  expect(checkAnswer('It is ams01-rtr-01.', [...messages, found])?.gaps).toEqual([])
})

it('keeps no more marks than a page can use, missing ones first', () => {
  const names = Array.from({ length: MAX_CLAIM_MARKS + 50 }, (_, index) => `ams01-new-${index}`)
  const check = checkAnswer(`${names.join(', ')}, ams01-rtr-01`, [asked('?'), found])
  expect(check?.note.marks).toHaveLength(MAX_CLAIM_MARKS)
  expect(check?.note).toMatchObject({ found: 1, missing: MAX_CLAIM_MARKS + 50 })
  expect(new Set(check?.note.marks.map(({ verdict }) => verdict))).toEqual(new Set(['missing']))
})
