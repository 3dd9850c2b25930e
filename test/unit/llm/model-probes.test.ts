import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import { AppError } from '../../../src/errors.ts'
import { createModelFactory } from '../../../src/llm/model-factory.ts'
import { createModelProbes, type ModelProbes } from '../../../src/llm/model-probes.ts'
import { findingOf } from '../../../src/llm/probe-finding.ts'
import { PROBE_RECORDS } from '../../../src/llm/probe-records.ts'
import { createEgressRules } from '../../../src/platform/egress.ts'
import { createOutbound, type OutboundOptions } from '../../../src/platform/outbound.ts'
import { createMemoryRecords } from '../../../src/platform/records.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { LOOPBACK_CERTIFICATE } from '../../fixtures/loopback-certificate.ts'
import { SIGNED_CERTIFICATE } from '../../fixtures/test-authority.ts'
import {
  callTool,
  cut,
  endEarly,
  type ModelStep,
  pause,
  raw,
  refuse,
  say,
  silence
} from '../../support/model-steps.ts'
import { freePort } from '../../support/ports.ts'
import { startScriptedModel } from '../../support/scripted-model.ts'
import { testModel } from '../../support/test-model.ts'

const KEY = 'sk-canary-probe-90'
const context = () => ({ signal: AbortSignal.timeout(9_000), correlationId: 'c-1' })

interface ProbeSetting {
  readonly model: LlmModel
  readonly outbound?: Partial<OutboundOptions>
  readonly failsToResolve?: AppError
}

function probesOf({ model, outbound: options, failsToResolve }: ProbeSetting): ModelProbes {
  const outbound = createOutbound({ connectTimeoutMs: 500, maxResponseBytes: 100_000, ...options })
  onTestFinished(() => outbound.close())
  const models = createModelFactory({
    outbound,
    resolveCredential: async ({ address }) => {
      if (failsToResolve) throw failsToResolve
      return { address, secret: new Secret(KEY) }
    }
  })
  return createModelProbes({
    models,
    records: createMemoryRecords(PROBE_RECORDS),
    currentCatalog: async () => ({
      ...{ revision: 'r', loadedAt: 0, mcpServers: [], systemPrompts: [] },
      llmModels: [model]
    }),
    onRecordsFailed: (error) => {
      throw error
    }
  })
}

const probe = (setting: ProbeSetting) => probesOf(setting).probe(setting.model.id, context())

async function scripted(...steps: ModelStep[]) {
  const provider = await startScriptedModel({})
  onTestFinished(() => provider.stop())
  provider.answer(() => steps)
  return provider
}

async function tlsServer(certificate: { key: string; cert: string }): Promise<string> {
  const server = createTlsServer(certificate, (_request, response) => response.end('ok'))
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

/** Answers every connection with the same bytes. */
async function tcpServer(answer: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a model that streams and calls the tool is fine', async () => {
  const provider = await scripted(callTool('report_ready', { ready: true }))
  const outcome = await probe({ model: testModel({ address: provider.url }) })
  expect(outcome).toMatchObject({
    ok: true,
    reason: 'ok',
    sentence: 'It streams its answers and calls tools.',
    notices: []
  })
  expect(provider.requests[0]?.body.stream).toBe(true)
  expect(provider.requests[0]?.body.tools).toHaveLength(1)
})

test('a model that talks instead is not listened to for long', async () => {
  const provider = await scripted(
    say(
      Array.from({ length: 30 }, () => 'x'.repeat(100)),
      5
    ),
    silence()
  )
  const outcome = await probe({ model: testModel({ address: provider.url }) })
  expect(outcome).toMatchObject({
    ok: true,
    sentence: expect.stringContaining('did not call the tool')
  })
  await provider.requests[0]?.ended
  expect(provider.requests[0]?.closedByClient).toBe(true)
})

test('a model that goes on and on without a word has its own time-out for all of it', async () => {
  const provider = await scripted(
    say(
      Array.from({ length: 80 }, () => ''),
      50
    )
  )
  const outcome = await probe({ model: testModel({ address: provider.url, timeoutMs: 600 }) })
  expect(outcome).toMatchObject({ ok: false, reason: 'timeout' })
  expect(outcome.latencyMs).toBeLessThan(3_800)
  await provider.requests[0]?.ended
  expect(provider.requests[0]?.closedByClient).toBe(true)
})

const said = (message: string, more: object = {}) => ({ body: { error: { message, ...more } } })
const AZURE = { provider: 'azure-openai', modelName: 'net-ops' } as const

test.each<[string, Partial<LlmModel>, ModelStep[], string, RegExp]>([
  ['401', {}, [refuse(401)], 'key', /refuses the key \(401\): check the secrets group/],
  ['401 without a key', { hasCredential: false }, [refuse(401)], 'key', /no secrets group is set/],
  ['403', {}, [refuse(403)], 'key', /does not permit this key/],
  [
    'a missing deployment',
    AZURE,
    [
      refuse(
        404,
        said('The API deployment for this resource does not exist.', { code: 'DeploymentNotFound' })
      )
    ],
    'deployment',
    /no deployment "net-ops"/
  ],
  [
    'an API version that Azure does not know',
    { ...AZURE, apiVersion: '2019-01-01' },
    [refuse(404, said('Resource not found', { code: '404' }))],
    'api-version',
    /API version "2019-01-01"/
  ],
  [
    'an API version that is too old for the model',
    AZURE,
    [
      refuse(
        400,
        said('Model o3 is enabled only for api versions 2024-12-01-preview and later.', {
          code: 'BadRequest'
        })
      )
    ],
    'api-version',
    /the API version that is used when none is set/
  ],
  [
    'an unknown model of OpenAI',
    {},
    [refuse(404, said('The model `llama-4` does not exist', { code: 'model_not_found' }))],
    'model',
    /knows no model "llama-4"/
  ],
  [
    'an unknown model of Ollama',
    {},
    [refuse(404, said('model "llama-4" not found, try pulling it first', { code: null }))],
    'model',
    /knows no model "llama-4"/
  ],
  [
    'an unknown model of LiteLLM',
    {},
    [refuse(400, said('Invalid model name passed in model=llama-4'))],
    'model',
    /knows no model "llama-4"/
  ],
  [
    'an unknown model of Anthropic',
    { provider: 'anthropic' },
    [
      refuse(404, {
        body: { type: 'error', error: { type: 'not_found_error', message: 'model: x' } }
      })
    ],
    'model',
    /knows no model "llama-4"/
  ],
  [
    'no tools at Ollama',
    {},
    [refuse(400, said('registry.ollama.ai/library/llama-4 does not support tools'))],
    'no-tools',
    /takes no tools/
  ],
  [
    'no tools at vLLM',
    {},
    [
      refuse(
        400,
        said(
          '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        )
      )
    ],
    'no-tools',
    /takes no tools/
  ],
  [
    'no tools at llama.cpp',
    {},
    [refuse(500, said('tools param requires --jinja flag'))],
    'no-tools',
    /takes no tools/
  ],
  [
    'a refused stream',
    {},
    [refuse(400, said("Unsupported value: 'stream' does not support true with this model."))],
    'no-streaming',
    /refuses to stream/
  ],
  [
    'a whole answer',
    {},
    [refuse(200, { body: { choices: [{ message: { role: 'assistant', content: 'hi' } }] } })],
    'no-streaming',
    /as a whole instead of streaming/
  ],
  [
    'a rate limit',
    {},
    [refuse(429, said('slow down'))],
    'rate-limited',
    /limits the rate \(429\): the key works/
  ],
  [
    'a used up quota',
    {},
    [refuse(429, said('You exceeded your current quota', { code: 'insufficient_quota' }))],
    'rate-limited',
    /quota of its key is used up/
  ],
  ['a page', {}, [refuse(200, { body: '<h1>Welcome</h1>' })], 'not-chat-completions', /\/v1/],
  ['an unknown path', {}, [refuse(404, { body: '<h1>404</h1>' })], 'not-chat-completions', /\/v1/],
  [
    'the unknown path of another API',
    {},
    [refuse(404, { body: { detail: 'Not Found' } })],
    'not-chat-completions',
    /\/v1/
  ],
  ['an unknown method', {}, [refuse(405, { body: '' })], 'not-chat-completions', /\/v1/],
  ['other JSON', {}, [refuse(200, { body: { hello: 1 } })], 'not-chat-completions', /\/v1/],
  [
    'a redirect',
    {},
    [refuse(302, { headers: { location: 'http://127.0.0.1:1/' } })],
    'redirect',
    /redirects, which is not followed/
  ],
  ['a bad request', {}, [refuse(400, said('No thanks.'))], 'refused', /request: No thanks\.$/],
  ['a fault', {}, [refuse(503, { body: '<h1>Down</h1>' })], 'broken', /fault of its own \(503\)/],
  ['a cut', {}, [cut()], 'unreachable', /connection was closed/],
  [
    'a cut in mid-answer',
    {},
    [say('one'), pause(50), cut()],
    'broken',
    /began to answer and then broke off/
  ],
  ['an early end', {}, [endEarly()], 'not-chat-completions', /no chat completions API/],
  ['nonsense', {}, [raw('data: {oops\n\n')], 'broken', /not valid JSON/],
  ['silence', { timeoutMs: 200 }, [silence()], 'timeout', /did not answer within/]
])('says in one sentence what is wrong: %s', async (_name, changes, steps, reason, sentence) => {
  const provider = await scripted(...steps)
  const address = changes.provider === undefined ? provider.url : provider.endpoint
  const outcome = await probe({ model: testModel({ address, hasCredential: true, ...changes }) })
  expect(outcome).toMatchObject({ ok: false, reason, sentence: expect.stringMatching(sentence) })
  expect(outcome.sentence).toMatch(/^[A-Z].*[.?]$/)
  expect(JSON.stringify(outcome)).not.toContain(KEY)
})

test.each([
  [
    'is self-signed',
    LOOPBACK_CERTIFICATE,
    /self-signed: name its authority in NODE_EXTRA_CA_CERTS/
  ],
  [
    'is of an unknown authority',
    SIGNED_CERTIFICATE,
    /authority not trusted here: name its authority/
  ]
])('says that the certificate %s', async (_name, certificate, sentence) => {
  const address = await tlsServer(certificate)
  const outcome = await probe({ model: testModel({ address }) })
  expect(outcome).toMatchObject({ reason: 'tls', sentence: expect.stringMatching(sentence) })
})

test.each([
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', /^Its TLS certificate is for another host name: check/],
  ['CERT_HAS_EXPIRED', 'tls', /^Its TLS certificate has expired: check/],
  ['EAI_AGAIN', 'dns', /^The host name could not be resolved/],
  ['EHOSTUNREACH', 'unreachable', /^The host cannot be reached/],
  ['UND_ERR_CONNECT_TIMEOUT', 'unreachable', /^The connection took too long/],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'unreachable', /^The answer is too large/]
])('has a sentence for %s, too', (code, reason, sentence) => {
  const cause = Object.assign(new Error('It failed'), { code })
  const error = new AppError('MODEL_FAILED', 'It failed.', { cause })
  expect(findingOf(error, testModel())).toMatchObject({
    reason,
    sentence: expect.stringMatching(sentence)
  })
})

test('says what else keeps it from being reached', async () => {
  const closed = `http://127.0.0.1:${await freePort()}/v1`
  const plain = await tcpServer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  const wantsTls = await tcpServer(
    'HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"error":{"message":"Client sent an HTTP request to an HTTPS server."}}'
  )
  const expected: readonly (readonly [string, string, RegExp])[] = [
    [closed, 'unreachable', /^The connection was refused: check the host and the port\.$/],
    ['http://no-such-host.invalid/v1', 'dns', /^The host name .*: check the remote URL/],
    ['http://169.254.169.254/v1', 'egress', /^Link-local and metadata addresses are never asked/],
    [plain.replace('http:', 'https:'), 'tls', /does not speak TLS at this port: should/],
    [wantsTls, 'tls', /should begin with https/],
    ['http://127.0.0.1:6667/v1', 'egress', /port is one that is never asked/]
  ]
  for (const [address, reason, sentence] of expected) {
    const outcome = await probe({ model: testModel({ address }) })
    expect(outcome, address).toMatchObject({
      reason,
      sentence: expect.stringMatching(sentence)
    })
  }
})

test('names the rules of this service', async () => {
  const provider = await scripted(say('hi'))
  const model = testModel({ address: provider.url })
  const egress = createEgressRules(['models.example.com'])
  expect(await probe({ model, outbound: { egress } })).toMatchObject({
    reason: 'egress',
    sentence: expect.stringContaining('AI_OPS_EGRESS_ALLOW')
  })
  const unverified = { ...model, verifyTls: false }
  expect(await probe({ model: unverified, outbound: { mustVerifyTls: true } })).toMatchObject({
    reason: 'tls',
    sentence: expect.stringMatching(/turn Verify TLS on\.$/)
  })
})

test('names the proxy where that fails', async () => {
  const model = testModel({ address: 'https://models.example.com/v1' })
  const by = (https: string) => probe({ model, outbound: { proxy: { https: new Secret(https) } } })
  expect(await by(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
    reason: 'proxy',
    sentence: 'The proxy cannot be reached: check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.'
  })
  const login = await tcpServer('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  expect(await by(login)).toMatchObject({
    reason: 'proxy',
    sentence: expect.stringMatching(/^The proxy demands a login/)
  })
  const gateway = await tcpServer('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  expect(await by(gateway)).toMatchObject({
    reason: 'proxy',
    sentence: expect.stringMatching(/^The proxy refuses the connection/)
  })
})

test('says that its secret cannot be read', async () => {
  const failsToResolve = new AppError('CREDENTIAL_UNAVAILABLE', 'Nautobot cannot read the secret.')
  const outcome = await probe({ model: testModel({ hasCredential: true }), failsToResolve })
  expect(outcome).toMatchObject({
    reason: 'credential',
    sentence: 'Nautobot cannot read the secret.'
  })
})

test('says what is not sent as it was written', async () => {
  const provider = await scripted(callTool('report_ready', { ready: true }))
  const parameters = { temperature: 0.2 }
  const model = testModel({ address: provider.url, modelName: 'o3', parameters })
  const { notices } = await probe({ model })
  expect(notices).toEqual(['"temperature" is not sent: reasoning models do not take it.'])
})

test('callers at once share a question, and the outcome is kept while the model is what it was', async () => {
  const provider = await scripted(callTool('report_ready', { ready: true }))
  const model = testModel({ address: provider.url, enabled: false })
  const probes = probesOf({ model })
  expect(await probes.last([model])).toEqual(new Map())
  const [first, second] = await Promise.all([
    probes.probe(model.id, context()),
    probes.probe(model.id, context())
  ])
  expect(provider.requests).toHaveLength(1)
  expect(second).toEqual(first)
  expect(await probes.last([model])).toEqual(new Map([[model.id, first]]))
  expect(await probes.lastOf([model.id, 'unknown'])).toEqual(new Map([[model.id, first]]))
  expect(await probes.last([{ ...model, description: 'new' }])).toHaveProperty('size', 1)
  expect(await probes.last([{ ...model, modelName: 'other' }])).toHaveProperty('size', 0)
})

test('a caller that leaves ends the question', async () => {
  const provider = await scripted(silence())
  const model = testModel({ address: provider.url })
  const leaving = new AbortController()
  const asking = probesOf({ model }).probe(model.id, { ...context(), signal: leaving.signal })
  await expect.poll(() => provider.requests.length).toBe(1)
  leaving.abort(new Error('gone'))
  await expect(asking).rejects.toThrow('gone')
  await provider.requests[0]?.ended
  expect(provider.requests[0]?.closedByClient).toBe(true)
})

test('refuses an unknown model, and more than eight at a time', async () => {
  const provider = await scripted(silence())
  const models = Array.from({ length: 9 }, (_, place) =>
    testModel({ id: `model-${place}`, address: provider.url, timeoutMs: 1_000 })
  )
  const outbound = createOutbound({ connectTimeoutMs: 500, maxResponseBytes: 1_000 })
  onTestFinished(() => outbound.close())
  const probes = createModelProbes({
    models: createModelFactory({
      outbound,
      resolveCredential: async ({ address }) => ({ address, secret: undefined })
    }),
    records: createMemoryRecords(PROBE_RECORDS),
    currentCatalog: async () => ({
      ...{ revision: 'r', loadedAt: 0, mcpServers: [], systemPrompts: [] },
      llmModels: models
    }),
    onRecordsFailed: () => undefined
  })
  await expect(probes.probe('nobody', context())).rejects.toMatchObject({
    code: 'OBJECT_NOT_FOUND'
  })
  const asked = await Promise.allSettled(models.map(({ id }) => probes.probe(id, context())))
  const refused = asked.filter(({ status }) => status === 'rejected')
  expect(refused).toMatchObject([{ reason: { code: 'RATE_LIMITED' } }])
})
