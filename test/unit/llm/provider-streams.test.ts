import type { ServerResponse } from 'node:http'
import { beforeEach, expect, test } from 'vitest'
import { askModel, type ModelAnswer } from '../../../src/agent/model-turn.ts'
import { AppError } from '../../../src/errors.ts'
import { createModelFactory } from '../../../src/llm/model-factory.ts'
import { llmModel } from '../../support/agent-fixture.ts'
import {
  bytesOf,
  providerStream,
  providerStreams,
  sendPieces,
  VARIANTS
} from '../../support/provider-streams.ts'
import { startWireServer, type WireServer } from '../../support/wire-server.ts'

/** What an answer comes to, as far as it matters. */
interface Told {
  readonly text: string
  readonly calls?: readonly unknown[]
  readonly gap?: string
  readonly isFiltered?: boolean
  /** Input, cached and output tokens; none where the stream counts none. */
  readonly tokens?: readonly [number, number, number]
  readonly failure?: string
}

const CALLS = [
  { name: 'count', args: { model: 'dcim.device' } },
  { name: 'find', args: { model: 'ipam.vlan', limit: 5 } }
]
const CUT = 'The model reached its token limit: the answer is cut.'
const FILTERED = "The provider's content filter cut the answer."
const BROKEN = { text: 'There are', failure: 'MODEL_INCOMPLETE' }

const EXPECTED: Readonly<Record<string, Told>> = {
  'anthropic-parallel-calls': { text: '', calls: CALLS, tokens: [902, 0, 11] },
  'anthropic-text': { text: 'Seven devices.', tokens: [902, 0, 11] },
  'azure-async-filter': { text: 'Two racks.' },
  'azure-filtered': { text: 'To take the site down', gap: FILTERED },
  'azure-parallel-calls': { text: '', calls: CALLS, tokens: [1312, 1024, 9] },
  'azure-text': { text: 'There are 1,234 devices.', tokens: [1312, 1024, 9] },
  'litellm-keep-alive': { text: 'Seven devices.' },
  'llamacpp-error': BROKEN,
  'llamacpp-parallel-calls': { text: '', calls: CALLS, tokens: [388, 0, 6] },
  'llamacpp-text': { text: 'Sieben Geräte.', tokens: [388, 0, 6] },
  'ollama-calls-without-index': { text: '', calls: CALLS },
  'ollama-parallel-calls': { text: '', calls: CALLS, tokens: [402, 0, 6] },
  'ollama-text': { text: 'Seven devices.', tokens: [402, 0, 6] },
  'openai-error': BROKEN,
  'openai-length': { text: 'There are 1', gap: CUT, tokens: [1290, 1152, 48] },
  'openai-parallel-calls': { text: '', calls: CALLS, tokens: [1290, 1152, 48] },
  'openai-refusal': {
    text: "I'm sorry, I can't help with that.",
    gap: 'The model refused to answer.',
    tokens: [1290, 1152, 48]
  },
  'openai-text': { text: 'Zürich has 7 🖧\n\n| Gerät |', tokens: [1290, 1152, 48] },
  'vllm-error': BROKEN,
  'vllm-parallel-calls': { text: '', calls: CALLS, tokens: [811, 0, 19] },
  'vllm-text': { text: 'Seven devices.', tokens: [811, 0, 19] }
}

let server: WireServer
let send: (response: ServerResponse) => Promise<void>

beforeEach(async () => {
  server = await startWireServer((_request, response) => void send(response))
})

const models = createModelFactory({
  outbound: { fetchFor: () => fetch, close: async () => undefined },
  resolveCredential: async ({ address }) => ({ address, secret: undefined })
})

/** Asks over HTTP, as the agent does. */
async function ask(): Promise<Told> {
  const { signal } = new AbortController()
  const context = { signal, correlationId: 'c-1' }
  const model = await models.modelFor(llmModel({ address: `${server.url}/v1` }), context)
  let text = ''
  const options = { messageId: 'm', usedCallIds: [], maxCharacters: 1_000, signal }
  const onText = (delta: string) => {
    text += delta
  }
  try {
    return told(await askModel(model as never, [], { ...options, onText }))
  } catch (error) {
    return { text, failure: AppError.from(error).code }
  }
}

function told({ message, calls, gap, isFiltered, usage }: ModelAnswer): Told {
  const tokens = [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens] as const
  return {
    text: message.text,
    ...(calls.length > 0 && { calls: calls.map(({ name, args }) => ({ name, args })) }),
    ...(gap !== undefined && { gap }),
    ...(isFiltered && { isFiltered }),
    ...(tokens.some((count) => count > 0) && { tokens })
  }
}

test('every recorded answer has something that is expected of it', () => {
  expect(Object.keys(EXPECTED)).toEqual(providerStreams().toSorted())
})

test.each(Object.keys(EXPECTED))('reads %s, however it is written', async (name) => {
  for (const [variant, change] of Object.entries(VARIANTS)) {
    send = (response) => sendPieces(response, [change(providerStream(name))])
    expect({ variant, ...(await ask()) }).toEqual({ variant, ...EXPECTED[name] })
  }
})

test.each(Object.keys(EXPECTED))('reads %s byte by byte', async (name) => {
  for (const variant of ['as it is', 'with CRLF']) {
    const stream = VARIANTS[variant]?.(providerStream(name)) ?? Buffer.alloc(0)
    send = (response) => sendPieces(response, bytesOf(stream))
    expect({ variant, ...(await ask()) }).toEqual({ variant, ...EXPECTED[name] })
  }
})

test('bytes that are sent one by one come one by one', async () => {
  const stream = providerStream('ollama-text')
  send = (response) => sendPieces(response, bytesOf(stream))
  const { body } = await fetch(server.url)
  const pieces = body ? await Array.fromAsync(body) : []
  expect(pieces.length).toBeGreaterThan(stream.length / 2)
})

test.each(['ollama-calls-without-index', 'llamacpp-error'])(
  'reads %s in two pieces, wherever it is cut',
  async (name) => {
    const change = VARIANTS['with CRLF'] ?? ((stream) => stream)
    const stream = change(providerStream(name))
    for (let at = 1; at < stream.length; at += 1) {
      const pieces = [stream.subarray(0, at), stream.subarray(at)]
      send = (response) => sendPieces(response, pieces)
      expect({ at, ...(await ask()) }).toEqual({ at, ...EXPECTED[name] })
    }
  },
  60_000
)

test.each(Object.keys(EXPECTED))('knows that %s is not whole, wherever it ends', async (name) => {
  const stream = providerStream(name)
  const end = stream.indexOf('"finish_reason":"')
  const begun = stream.subarray(0, end === -1 ? undefined : end).toString()
  const events = [...begun.matchAll(/\n\n/g)].map(({ index }) => begun.slice(0, index + 2))
  for (const start of ['', ...events]) {
    send = (response) => sendPieces(response, [Buffer.from(start)])
    expect((await ask()).failure).toMatch(/^MODEL_(INCOMPLETE|FAILED)$/)
  }
})
