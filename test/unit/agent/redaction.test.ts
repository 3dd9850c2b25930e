import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { afterEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import { createPlaceholderStream } from '../../../src/agent/placeholder-stream.ts'
import { createRedaction } from '../../../src/agent/redaction.ts'
import {
  catalogOf,
  counted,
  llmModel,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { callTool, type ModelRequest, raw, refuse, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel | undefined

afterEach(async () => {
  await model?.stop()
  model = undefined
})

function redacted(text: string, conversationId = 'conversation-1'): string {
  const redaction = createRedaction(conversationId)
  return redaction.redact([new SystemMessage('prompt'), new HumanMessage(text)])[1]?.text ?? ''
}

const SECRET = 'S3cr3tC4n4ry'

/** What stands around a secret in configurations, API answers and questions. */
const AROUND: readonly string[] = [
  'snmp-server community % RO 10',
  'snmp-server host 10.1.1.1 version 2c %',
  'snmp-server host 10.1.1.1 vrf mgmt traps version 2c %',
  'snmp-server user netops admins v3 auth sha % priv aes 128 %',
  'set snmp community % authorization read-only',
  'enable secret 5 %',
  'enable secret %',
  'enable password 7 %',
  'username admin privilege 15 password 7 %',
  'username admin privilege 15 secret %',
  'username admin secret sha512 %',
  'line vty 0 4\n password 7 %',
  'tacacs-server host 10.1.1.1 key 7 %',
  'tacacs-server key %',
  'radius-server host 10.1.1.1 auth-port 1812 acct-port 1813 key %',
  'key chain ospf\n key 1\n  key-string 7 %',
  'crypto isakmp key % address 203.0.113.1',
  'pre-shared-key local %',
  'pre-shared-key ascii-text "%";',
  'set psksecret ENC %',
  'set password ENC %',
  'wpa-psk ascii 0 %',
  'ntp authentication-key 1 md5 % 7',
  'ip ospf message-digest-key 1 md5 7 %',
  'neighbor 10.0.0.1 password 7 %',
  'standby 1 authentication md5 key-string %',
  'encrypted-password "%";',
  '{"config": "hostname r1\\nsnmp-server community % RO\\nend"}',
  '{"password": "%"}',
  '{"custom_fields": {"snmp_community": "%", "site": "AMS01"}}',
  '{\\"api_key\\": \\"%\\"}',
  'the api-key=% works',
  'https://admin:%@10.1.1.1/api'
]

it.each(AROUND)('hides the secret in: %s', (around) => {
  for (const secret of [SECRET, '02050D480809', '$9$kJ8x/7Lm']) {
    const text = redacted(around.replaceAll('%', secret))
    expect(text).not.toContain(secret)
    expect(text).toMatch(/\[hidden-[0-9a-f]{10}\]/)
    // What is around it stays.
    expect(text.split(/\[hidden-[0-9a-f]{10}\]/)[0]).toBe(around.split('%')[0])
  }
})

it.each([
  '$1$mERr$hx5rVt7rPNoS4wqbXKX7m0',
  '$6$rounds$abcdefghijklmnop.qrstuvwx/yz0123456789',
  'AKIAIOSFODNN7EXAMPLE',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'glpat-abcdefghij0123456789',
  'xoxb-123456789012-abcdefghijkl',
  'sk-proj-abcdefghijklmnopqrstuvwx0123',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P',
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nMIIEabc+/=\n-----END RSA PRIVATE KEY-----'
])('hides what is a secret by its form: %s', (secret) => {
  expect(redacted(`before ${secret} after`)).toMatch(/^before \[hidden-[0-9a-f]{10}\] after$/)
})

it('hides the token of a header, and the rest of a private key that was cut', () => {
  expect(redacted(`Authorization: Token ${'0123456789abcdef'.repeat(2)}`)).toMatch(
    /Token \[hidden-\w{10}\]$/
  )
  expect(redacted('-----BEGIN PRIVATE KEY-----\nMIIEcanary')).not.toContain('canary')
})

it.each([
  ['jane.doe+noc@example.co.uk', 'email'],
  ['+49 (30) 1234-5678', 'phone'],
  ['+1 555 010 9999', 'phone']
])('replaces %s by a placeholder that can be restored', (value, kind) => {
  const redaction = createRedaction('conversation-1')
  const [, message] = redaction.redact([
    new SystemMessage('prompt'),
    new HumanMessage(`Ask ${value}, please.`)
  ])
  expect(message?.text).toMatch(new RegExp(`^Ask \\[${kind}-[0-9a-f]{10}\\], please\\.$`))
  expect(redaction.restore(message?.text ?? '')).toBe(`Ask ${value}, please.`)
})

it.each([
  'interface Ethernet1/12 on ams01-core-02 has 10.20.30.40/24 and 2001:db8::1',
  'VLAN 120, AS 65001, serial FOC1234X0YZ, 2026-11-26T10:00:00Z, 1.5.2+build',
  'What is the password policy, and which SNMP communities are standard?',
  '{"secrets_group": null, "has_credential": true, "token": null, "count": 123456789012}',
  'A key point: the secret of success.'
])('leaves alone: %s', (text) => {
  expect(redacted(text)).toBe(text)
})

it('gives the same value the same placeholder in a conversation, and another one in another', () => {
  const [first, again, other] = [
    redacted('Mail jane@example.com'),
    redacted('Mail jane@example.com'),
    redacted('Mail jane@example.com', 'conversation-2')
  ]
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

it('redacts what is redacted no second time', () => {
  const once = redacted('enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0, password: hunter22')
  expect(redacted(once)).toBe(once)
})

it('reads whatever text in bounded time', () => {
  const hard = [
    'a'.repeat(200_000),
    '"password": '.repeat(20_000),
    'snmp-server host h '.repeat(10_000),
    '-----BEGIN PRIVATE KEY-----'.repeat(500),
    '+1 2 3 4 5 6 '.repeat(15_000),
    'a.b-'.repeat(50_000),
    'tacacs-server '.repeat(15_000),
    'eyJ'.repeat(60_000)
  ]
  const startedAt = performance.now()
  for (const text of hard) redacted(text)
  expect(performance.now() - startedAt).toBeLessThan(25_000)
})

it('restores a placeholder wherever a stream cuts it, and holds nothing else back', () => {
  const name = '[email-0123456789]'
  const restore = (text: string) => text.replaceAll(name, 'jane@example.com')
  const text = `See [1] and ${name}, or [note] ${name}.`
  for (let size = 1; size <= text.length; size += 1) {
    const stream = createPlaceholderStream(restore)
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
    expect(pieces.map(stream.push).join('') + stream.flush()).toBe(restore(text))
  }
  const stream = createPlaceholderStream(restore)
  expect(stream.push('A list: [')).toBe('A list: ')
  expect(stream.push('1, 2]')).toBe('[1, 2]')
  expect(stream.push('plain')).toBe('plain')
})

const textOf = (events: readonly AgentEvent[]) =>
  events.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join('')
const sentTo = (requests: readonly ModelRequest[]) =>
  JSON.stringify(requests.map(({ body }) => body))

function start(redact: boolean, seen: unknown[] = []) {
  const catalog = catalogOf({ llmModels: [llmModel({ redact })] })
  return startAgentFixture({
    url: model?.url ?? '',
    catalog: () => catalog,
    tools: () =>
      toolSet(async (_name, args) => {
        seen.push(args)
        return counted('{"contact":"noc@example.com","config":"enable secret 5 canary-hash"}')
      })
  })
}

it('sends no personal data and no secrets, calls tools with what was meant, and answers with addresses', async () => {
  const placeholders = (request: ModelRequest) =>
    JSON.stringify(request.body.messages).match(/\[(?:email|hidden)-[0-9a-f]{10}\]/g) ?? []
  model = await startScriptedModel({
    respond: (request, index) => {
      const found = [...new Set(placeholders(request))]
      if (index === 0) return [callTool('count', { model: found[0] })]
      return [say(`Contact ${found[1]}; the secret is ${found[2]}.`.split(''))]
    }
  })
  const seen: unknown[] = []
  const { ask, eventsOf, checkpointer } = start(true, seen)
  const { runId, conversationId } = await ask('Who looks after jane@example.com?')
  const answer = textOf(await eventsOf(runId))

  expect(seen).toEqual([{ model: 'jane@example.com' }])
  expect(answer).toMatch(/^Contact noc@example\.com; the secret is \[hidden-[0-9a-f]{10}\]\.$/)
  for (const word of ['jane@', 'noc@', 'canary-hash']) {
    expect(sentTo(model.requests)).not.toContain(word)
  }
  expect(String(model.requests[0]?.body.messages[0]?.content)).toContain('[email-…]')
  // The conversation is whole, and the next question goes on with the same bytes.
  const stored = JSON.stringify(await storedMessages(checkpointer, conversationId))
  expect(stored).toContain('jane@example.com')
  await eventsOf((await ask('And?', { conversationId })).runId)
  const [, second, third] = model.requests.map(({ body }) => JSON.stringify(body.messages))
  expect(third?.startsWith(second?.slice(0, -1) ?? '-')).toBe(true)
})

it('changes nothing for a model without it', async () => {
  model = await startScriptedModel({ script: [[say('Hello jane@example.com.')]] })
  const { ask, eventsOf } = start(false)
  const { runId } = await ask('I am jane@example.com')

  expect(textOf(await eventsOf(runId))).toBe('Hello jane@example.com.')
  expect(sentTo(model.requests)).toContain('jane@example.com')
  expect(String(model.requests[0]?.body.messages[0]?.content)).not.toContain('[email-…]')
})

it('shows no more to a model that stands in', async () => {
  model = await startScriptedModel({
    respond: ({ body }) => (body.model === 'first' ? [refuse(401)] : [say('Done.')])
  })
  const first = { modelName: 'first', redact: true, fallbackModelId: 'model-2' }
  const second = { id: 'model-2', name: 'second', modelName: 'second', isDefault: false }
  const catalog = catalogOf({ llmModels: [llmModel(first), llmModel(second)] })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    catalog: () => catalog,
    permitted: ['model-1', 'model-2']
  })
  const { runId } = await ask('I am jane@example.com')

  expect(textOf(await eventsOf(runId))).toBe('Done.')
  expect(model.requests.map(({ body }) => body.model)).toEqual(['first', 'second'])
  expect(sentTo(model.requests)).not.toContain('jane@')
})

it('lets a refusal through, with what its placeholders stand for', async () => {
  const refusing = (refusal: string, finish_reason: string | null = null) =>
    raw(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', refusal }, finish_reason }] })}\n\n`
    )
  model = await startScriptedModel({
    respond: (request) => {
      const [name = ''] = /\[email-[0-9a-f]{10}\]/.exec(sentTo([request])) ?? []
      return [
        refusing(`I will not write to ${name.slice(0, 9)}`),
        refusing(`${name.slice(9)}.`, 'stop')
      ]
    }
  })
  const { ask, eventsOf } = start(true)
  const events = await eventsOf((await ask('Write to jane@example.com')).runId)

  expect(textOf(events)).toBe('I will not write to jane@example.com.')
  expect(model.requests).toHaveLength(1)
})
