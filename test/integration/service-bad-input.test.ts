import { afterAll, beforeAll, expect, test } from 'vitest'
import { pause, say } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  allOf,
  ask,
  cancelRun,
  openEvents,
  readUntil,
  refusalOf,
  send
} from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const MAX_BODY_BYTES = 256 * 1024

let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({ respond: () => [say('Fine.')] })
  service = await startLabSidecar(model.url)
})

afterAll(async () => {
  await service.stop()
  await model.stop()
})

const message = 'How many devices are there?'
const field = (path: string) => ({ fields: [expect.objectContaining({ path })] })

test.each([
  ['no body', undefined, 400, 'INVALID_REQUEST'],
  ['an empty body', '', 400, 'INVALID_REQUEST'],
  ['broken JSON', '{"message": "Hi"', 400, 'INVALID_REQUEST'],
  ['binary', new Uint8Array([0, 159, 146, 150, 255]), 400, 'INVALID_REQUEST'],
  ['a list', [], 400, 'INVALID_REQUEST'],
  ['null', 'null', 400, 'INVALID_REQUEST'],
  ['a text', '"Hi"', 400, 'INVALID_REQUEST'],
  ['a polluted prototype', '{"message":"Hi","__proto__":{"a":1}}', 400, 'INVALID_REQUEST'],
  ['JSON that nests for ever', '['.repeat(100_000), 400, 'INVALID_REQUEST']
])('refuses %s as a question', async (_name, body, status, code) => {
  const headers = { 'content-type': 'application/json' }
  const response = await send(service.url, { body, headers })
  expect(response.status).toBe(status)
  expect(await refusalOf(response)).toMatchObject({ code, retryable: false })
})

test.each([
  ['an empty message', { message: '' }, 'message'],
  ['a blank message', { message: ' \t\n\u00a0\u2003' }, 'message'],
  ['a message that is a number', { message: 42 }, 'message'],
  ['a message that is a list', { message: ['Hi'] }, 'message'],
  ['no message', {}, 'message'],
  ['a message with NUL', { message: 'a\u0000b' }, 'message'],
  ['a message with an escape', { message: '\u001b[2J' }, 'message'],
  ['half a character', '{"message":"\\ud800"}', 'message'],
  ['an unknown field', { message, stream: true }, 'stream'],
  ['a malformed conversation', { message, conversationId: '../../etc/passwd' }, 'conversationId'],
  ['a conversation with NUL', { message, conversationId: 'a\u0000' }, 'conversationId'],
  ['a long conversation', { message, conversationId: 'a'.repeat(65) }, 'conversationId'],
  ['a conversation that is null', { message, conversationId: null }, 'conversationId'],
  ['an empty model', { message, model: '' }, 'model'],
  ['a model that is an object', { message, model: { name: 'x' } }, 'model'],
  ['a model with NUL', { message, model: 'x\u0000' }, 'model'],
  ['a server that is a text', { message, mcpServers: 'all' }, 'mcpServers'],
  ['too many servers', { message, mcpServers: Array(33).fill('x') }, 'mcpServers'],
  [
    'a page that is none',
    { message, pageContext: { objectType: 'dcim.device', id: '1' } },
    'pageContext.id'
  ],
  [
    'an unknown field in it',
    {
      message,
      pageContext: {
        objectType: 'dcim.device',
        id: '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e',
        url: 'x'
      }
    },
    'pageContext.url'
  ]
])('refuses %s and names the field', async (_name, body, path) => {
  const response = await send(service.url, {
    body,
    headers: { 'content-type': 'application/json' }
  })
  expect(response.status).toBe(400)
  const error = await refusalOf(response)
  expect(error).toMatchObject({ code: 'INVALID_REQUEST', details: field(path) })
  expect(error.message).toContain(path)
})

test('[S8] takes a message of 32,000 characters and refuses one more', async () => {
  const longest = 'x'.repeat(32_000)
  expect((await ask(service.url, { message: longest })).response).toBe('Fine.')
  const response = await send(service.url, { body: { message: `${longest}x` } })
  expect(response.status).toBe(413)
  const error = await refusalOf(response)
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { maxCharacters: 32_000 } })
})

test.each([
  ['says so', undefined],
  ['comes in chunks', 'stream']
])('[S8] refuses a huge body that %s', async (_name, how) => {
  const bytes = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20)
  const headers = { 'content-type': 'application/json' }
  const body = how ? new Blob([bytes]).stream() : bytes
  const init = { method: 'POST', headers, body, ...(how && { duplex: 'half' }) }
  const response = await fetch(`${service.url}/api/v1/chat`, init as RequestInit)
  expect(response.status).toBe(413)
  const error = await refusalOf(response)
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { maxBytes: MAX_BODY_BYTES } })
})

test.each([
  ['text/plain', message],
  ['application/x-www-form-urlencoded', 'message=Hi'],
  ['multipart/form-data; boundary=x', '--x--'],
  ['application/octet-stream', new Uint8Array([1, 2, 3])],
  ['nonsense', '{"message":"Hi"}']
])('refuses a question sent as %s', async (contentType, body) => {
  const headers = { 'content-type': contentType }
  const response = await send(service.url, { body, headers })
  expect(response.status).toBe(415)
  expect(await refusalOf(response)).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
})

test.each([
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'APPLICATION/JSON'
])('takes a question sent as %s', async (contentType) => {
  const body = JSON.stringify({ message })
  const response = await send(service.url, { body, headers: { 'content-type': contentType } })
  expect(response.status).toBe(200)
  await response.body?.cancel()
})

test('[S8] refuses headers that are too large, and goes on', async () => {
  const headers = { 'x-padding': 'x'.repeat(20_000) }
  const response = await send(service.url, { body: { message }, headers })
  expect(response.status).toBe(431)
  expect(await refusalOf(response, '')).toMatchObject({ code: 'HEADERS_TOO_LARGE' })
  expect((await ask(service.url, { message })).response).toBe('Fine.')
})

test('refuses models, servers and conversations that it does not know, and says which there are', async () => {
  const unknownModel = await send(service.url, { body: { message, model: 'gpt-∞' } })
  expect(unknownModel.status).toBe(400)
  expect(await refusalOf(unknownModel)).toMatchObject({
    code: 'UNKNOWN_MODEL',
    details: { available: ['scripted'] }
  })
  const unknownServer = await send(service.url, { body: { message, mcpServers: ['nope'] } })
  expect(unknownServer.status).toBe(400)
  expect(await refusalOf(unknownServer)).toMatchObject({
    code: 'UNKNOWN_TOOL_SERVER',
    details: { available: [] }
  })
  const conversationId = '00000000-0000-4000-8000-000000000000'
  const unknown = await send(service.url, { body: { message, conversationId } })
  expect(unknown.status).toBe(404)
  expect(await refusalOf(unknown)).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
})

test.each([
  ['text/html', 406],
  ['application/xml, image/*', 406],
  ['nonsense', 406],
  ['application/json;q=0', 406],
  ['', 200],
  ['*/*', 200],
  ['application/*;q=0.5, text/html', 200]
])('answers Accept: "%s" with %d', async (accept, status) => {
  const response = await send(service.url, { body: { message }, headers: { accept } })
  expect(response.status).toBe(status)
  if (status === 406) expect(await refusalOf(response)).toMatchObject({ code: 'NOT_ACCEPTABLE' })
  else expect(await response.json()).toMatchObject({ response: 'Fine.' })
})

test('prefers what the client prefers', async () => {
  const accept = 'application/json;q=0.5, text/event-stream'
  const { events } = await openEvents(service.url, { body: { message }, headers: { accept } })
  expect((await allOf(events)).at(-1)?.event.type).toBe('RUN_FINISHED')
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('refuses %s and names POST', async (method) => {
  const response = await send(service.url, { method })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
  expect(await refusalOf(response, '')).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
})

test.each([
  ['a run that never was', 'GET /api/v1/runs/nope', 404, 'RUN_NOT_FOUND'],
  ['events of it', 'GET /api/v1/runs/nope/events', 404, 'RUN_NOT_FOUND'],
  ['a stop of it', 'POST /api/v1/runs/nope/cancel', 404, 'RUN_NOT_FOUND'],
  ['a malformed run', 'GET /api/v1/runs/a.b', 400, 'INVALID_REQUEST'],
  ['a run with NUL', 'GET /api/v1/runs/a%00b', 400, 'INVALID_REQUEST'],
  ['a run that is a path', 'GET /api/v1/runs/..%2f..%2fetc', 400, 'INVALID_REQUEST'],
  ['a run without end', `GET /api/v1/runs/${'a'.repeat(300)}`, 400, 'INVALID_REQUEST'],
  ['a malformed model', 'GET /api/v1/llm-models/a.b', 400, 'INVALID_REQUEST'],
  ['a broken escape', 'GET /api/v1/runs/%zz', 400, 'INVALID_REQUEST'],
  ['a path that is none', 'GET /api/v1/nothing', 404, 'NOT_FOUND']
])('refuses %s', async (_name, request, status, code) => {
  const [method = '', path = ''] = request.split(' ')
  const response = await send(service.url, { method, path })
  expect(response.status).toBe(status)
  const template = path
    .replace(/runs\/[^/]+/, 'runs/{runId}')
    .replace(/models\/[^/]+/, 'models/{id}')
  const isRouted = template !== path
  const error = await refusalOf(response, isRouted ? `${method.toLowerCase()} ${template}` : '')
  expect(error.code).toBe(code)
})

test('[T25] a second message while one is answered is refused with the run in the way', async () => {
  model.answer(() => [say('One'), pause(20_000)])
  const { response, events } = await openEvents(service.url, { body: { message } })
  await readUntil(events, 'TEXT_MESSAGE_CONTENT')
  const runId = response.headers.get('x-run-id') ?? ''
  const conversationId = response.headers.get('x-conversation-id') ?? ''
  const second = await send(service.url, { body: { message: 'And?', conversationId } })
  expect(second.status).toBe(409)
  const busy = { code: 'CONVERSATION_BUSY', retryable: true, details: { runId } }
  expect(await refusalOf(second)).toMatchObject(busy)
  model.answer(() => [say('Fine.')])
  await cancelRun(service.url, runId)
  await allOf(events)
  const third = await ask(service.url, { message: 'And now?', conversationId })
  expect(third).toMatchObject({ conversationId, response: 'Fine.' })
  expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('And?')
})
