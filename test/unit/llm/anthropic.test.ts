import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ReadableStream } from 'node:stream/web'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata
} from '@langchain/core/messages'
import { expect, onTestFinished, test } from 'vitest'
import { askModel, type BoundModel } from '../../../src/agent/model-turn.ts'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import { toChunks } from '../../../src/llm/anthropic/completion-stream.ts'
import { createModelFactory } from '../../../src/llm/model-factory.ts'
import { createOutbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { testModel } from '../../support/test-model.ts'
import { json, startWireServer, type WireHandler } from '../../support/wire-server.ts'

const KEY = 'sk-ant-canary-77'
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../fixtures/streams/anthropic-${name}.sse`))

/** A model of a provider that answers as `handle` does. */
async function anthropic(
  handle: WireHandler,
  changes: Partial<LlmModel> = {},
  streamSilenceMs = 5_000
) {
  const server = await startWireServer(handle)
  const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1_000_000 })
  onTestFinished(() => outbound.close())
  const models = createModelFactory({
    outbound,
    streamSilenceMs,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret(KEY) })
  })
  const model = testModel({
    provider: 'anthropic',
    modelName: 'claude-sonnet-4-5',
    address: server.url,
    hasCredential: true,
    ...changes
  })
  const chat = await models.modelFor(model, {
    signal: AbortSignal.timeout(8_000),
    correlationId: 'c-1'
  })
  return { chat, server }
}

/** Sends a stream in pieces of the given size. */
const stream =
  (bytes: Buffer, pieceBytes = bytes.length): WireHandler =>
  async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      response.write(bytes.subarray(at, at + pieceBytes))
      // Lets the piece leave before the next one.
      if (pieceBytes < bytes.length) await delay(0)
    }
    response.end()
  }

async function turn(chat: unknown) {
  let shown = ''
  const answer = await askModel(chat as BoundModel, [new HumanMessage('hi')], {
    messageId: 'm',
    usedCallIds: [],
    maxCharacters: 1_000,
    signal: AbortSignal.timeout(8_000),
    onText: (delta) => {
      shown += delta
    }
  })
  return { ...answer, shown }
}

test.each([13, 100_000])(
  'reads text, parallel tool calls and usage from a stream in pieces of %i bytes',
  async (pieceBytes) => {
    const { chat } = await anthropic(stream(fixture('parallel-tools'), pieceBytes))
    const answer = await turn(chat)
    expect(answer.shown).toBe('I will count in München and Zürich. ✓')
    expect(answer.calls).toEqual([
      {
        id: 'toolu_01A09q90qw90lq917835lq9',
        name: 'nautobot_count',
        args: { model: 'dcim.device', filters: { location: ['München'] } }
      },
      { id: 'toolu_01D7FLrfh4GYq7yT1ULFeyMV', name: 'nautobot_describe', args: {} }
    ])
    expect(answer.usage).toMatchObject({ inputTokens: 24 + 310 + 2_048, outputTokens: 118 })
  }
)

test('a stream cut at every byte says the same', async () => {
  const bytes = fixture('parallel-tools')
  const translate = async (pieces: Iterable<Uint8Array>) => {
    const body: unknown = ReadableStream.from(pieces)
    let text = ''
    for await (const chunk of toChunks(body as globalThis.ReadableStream))
      text += Buffer.from(chunk).toString()
    return text
  }
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  const whole = await translate([bytes])
  expect(await translate(single)).toBe(whole)
  const windows = Buffer.from(bytes.toString().replaceAll('\n', '\r\n'))
  expect(await translate(Array.from(windows, (_, at) => windows.subarray(at, at + 1)))).toBe(whole)
  expect(whole).toContain('Münch')
})

test('counts what came from the cache of the provider', async () => {
  const { chat } = await anthropic(stream(fixture('parallel-tools')))
  let cached = 0
  for await (const chunk of await chat.stream('hi')) {
    const usage = chunk.usage_metadata as UsageMetadata | undefined
    cached += usage?.input_token_details?.cache_read ?? 0
  }
  expect(cached).toBe(2_048)
})

test('calls an answer incomplete after an error in mid-stream, and keeps what came', async () => {
  const { chat } = await anthropic(stream(fixture('error')))
  let text = ''
  const reading = (async () => {
    for await (const chunk of await chat.stream('hi')) text += chunk.text
  })()
  await expect(reading).rejects.toMatchObject({ code: 'MODEL_INCOMPLETE' })
  expect(text).toBe('There are')
})

test('calls an answer incomplete that ends without saying so', async () => {
  const whole = fixture('parallel-tools').toString()
  const cut = Buffer.from(whole.slice(0, whole.indexOf('event: message_delta')))
  const { chat } = await anthropic(stream(cut))
  await expect(turn(chat)).rejects.toMatchObject({ code: 'MODEL_INCOMPLETE' })
})

test('pings keep a silent answer alive', async () => {
  const [head = '', tail = ''] = fixture('parallel-tools')
    .toString()
    .split('event: content_block_stop', 2)
  const ping = 'event: ping\ndata: {"type": "ping"}\n\n'
  const handle: WireHandler = async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(head)
    for (let round = 0; round < 4; round += 1) {
      await delay(150)
      response.write(ping)
    }
    response.write(`event: content_block_stop${tail}`)
    response.end(
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
  }
  const { chat } = await anthropic(handle, {}, 300)
  expect((await turn(chat)).shown).toBe('I will count in München and Zürich. ✓')
})

test.each([
  ['max_tokens', /token limit/],
  ['refusal', /content filter/]
])('says why an answer ended with %s', async (reason, gap) => {
  const ended = fixture('parallel-tools')
    .toString()
    .replace('"tool_use","stop_seq', `"${reason}","stop_seq`)
    // The end of the arguments of the last call.
    .replace(
      /"partial_json":"[^\n]*"\}(?=[^\n]*\n\n[^\n]*\n[^\n]*content_block_stop)/g,
      '"partial_json":""}'
    )
  const { chat } = await anthropic(stream(Buffer.from(ended)))
  expect((await turn(chat)).gap).toMatch(gap)
})

const HISTORY = [
  new SystemMessage('You are AI Ops.'),
  new HumanMessage('How many?'),
  new AIMessage({
    content: '',
    tool_calls: [
      { id: 'functions.count:0', name: 'count', args: { model: 'dcim.device' } },
      { id: 'call_2', name: 'count', args: {} }
    ]
  }),
  new ToolMessage({ tool_call_id: 'functions.count:0', content: '12' }),
  new ToolMessage({ tool_call_id: 'call_2', content: '3' }),
  new HumanMessage('Answer now.')
]

test('asks in the words of the Messages API, with marks for its cache', async () => {
  const { chat, server } = await anthropic(stream(fixture('parallel-tools')), {
    parameters: { temperature: 1.5, max_completion_tokens: 500, seed: 1 }
  })
  const schema = { anyOf: [{ required: ['a'] }], properties: { a: { type: 'string' } } }
  const tool = { name: 'count', description: 'Counts.', parameters: schema }
  const bound = chat.bindTools?.([{ type: 'function', function: tool }], { tool_choice: 'none' })
  for await (const _ of (await bound?.stream(HISTORY)) ?? []) void _
  const [request] = server.requests
  expect(request?.path).toBe('/v1/messages')
  expect(request?.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' })
  expect(request?.headers.authorization).toBeUndefined()
  const cache_control = { type: 'ephemeral' }
  expect(request?.body).toEqual({
    model: 'claude-sonnet-4-5',
    max_tokens: 500,
    stream: true,
    temperature: 1,
    tools: [
      {
        name: 'count',
        description: 'Counts.',
        input_schema: { type: 'object', properties: { a: { type: 'string' } } }
      }
    ],
    tool_choice: { type: 'none' },
    system: [{ type: 'text', text: 'You are AI Ops.', cache_control }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'How many?' }] },
      {
        role: 'assistant',
        content: [
          {
            type: 'tool_use',
            id: 'functions_count_0',
            name: 'count',
            input: { model: 'dcim.device' }
          },
          { type: 'tool_use', id: 'call_2', name: 'count', input: {} }
        ]
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions_count_0', content: '12' },
          { type: 'tool_result', tool_use_id: 'call_2', content: '3' },
          { type: 'text', text: 'Answer now.', cache_control }
        ]
      }
    ]
  })
})

test('answers whole when asked so', async () => {
  const { chat } = await anthropic(() => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [
      { type: 'text', text: 'Wait.' },
      { type: 'tool_use', id: 'toolu_1', name: 'count', input: { model: 'dcim.device' } }
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 5, output_tokens: 2 }
  }))
  const message = await chat.invoke('hi')
  expect(message.text).toBe('Wait.')
  expect(message.tool_calls).toMatchObject([{ name: 'count', args: { model: 'dcim.device' } }])
  expect(message.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 2 })
})

test.each<[number, object, object]>([
  [
    401,
    { type: 'authentication_error', message: `invalid x-api-key ${KEY}` },
    { code: 'MODEL_CREDENTIAL_REFUSED' }
  ],
  [404, { type: 'not_found_error', message: 'model: claude-x' }, { code: 'MODEL_FAILED' }],
  [429, { type: 'rate_limit_error', message: 'slow down' }, { code: 'MODEL_RATE_LIMITED' }],
  [
    400,
    {
      type: 'invalid_request_error',
      message: 'prompt is too long: 210000 tokens > 200000 maximum'
    },
    { code: 'MODEL_FAILED', details: { reason: 'context-length' } }
  ],
  [529, { type: 'overloaded_error', message: 'Overloaded' }, { code: 'MODEL_FAILED' }]
])('names a refusal with %i', async (status, error, expected) => {
  const { chat } = await anthropic((_request, response) =>
    json(response, status, { type: 'error', error })
  )
  const failure = await turn(chat).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject(expected)
  expect(JSON.stringify(failure) + String(failure)).not.toContain(KEY)
})
