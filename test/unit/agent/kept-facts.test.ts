import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { forgottenIn } from '../../../src/agent/kept-facts.ts'

const question = (text: string) =>
  new HumanMessage({
    content: `[context]\nuser: x99\n[/context]\n${text}`,
    additional_kwargs: { question: text }
  })
const result = (content: string) => new ToolMessage({ tool_call_id: 'c1', content })

it('names what a summary left out: names, addresses, VLANs, numbers with what they count', () => {
  const forgotten = forgottenIn('It is about ams01-core-02.', [
    question('What is on VLAN 120 at ams01-core-02?'),
    new AIMessage('There are 42 interfaces; 10.1.2.0/24 and 2001:db8::1 are behind Ethernet1/12.'),
    result('{"name":"fra01-edge-07","count":9999}')
  ])

  for (const fact of [
    'VLAN 120',
    '42 interfaces',
    '10.1.2.0/24',
    '2001:db8::1',
    'Ethernet1/12',
    'fra01-edge-07'
  ]) {
    expect(forgotten).toContain(fact)
  }
  const [, also] = forgotten.split('Also mentioned:')
  expect(also).not.toContain('ams01-core-02')
  expect(also).not.toContain('9999')
  expect(also).not.toContain('x99')
})

it('names what was said last first, and stays bounded', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => `switch-${n}`)
  const forgotten = forgottenIn('', [
    question('q'.repeat(5_000)),
    result(names.join(' ')),
    new AIMessage('The newest is core-77.')
  ])

  expect(forgotten.length).toBeLessThan(6_000)
  expect(forgotten).toMatch(/Also mentioned: core-77, switch-0,/)
})

it('has nothing to say where nothing was left out', () => {
  expect(forgottenIn('All of it: core-77.', [new AIMessage('core-77')])).toBe('')
})

it('reads whatever text in bounded time', () => {
  const hard = [
    'a'.repeat(200_000),
    '1.'.repeat(100_000),
    ':'.repeat(100_000),
    'a1-'.repeat(70_000),
    '1 '.repeat(90_000)
  ]
  const startedAt = performance.now()
  for (const text of hard) forgottenIn('', [new AIMessage(text), result(text)])

  expect(performance.now() - startedAt).toBeLessThan(20_000)
})
