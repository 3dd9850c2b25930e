import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import {
  createNautobotClient,
  type NautobotClientOptions,
  type NautobotRequest
} from '../../../src/nautobot/client.ts'
import { refusalOf, unreachable } from '../../../src/nautobot/refusal.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { freePort } from '../../support/ports.ts'
import { json, startWireServer, type WireHandler } from '../../support/wire-server.ts'

const TOKEN = 'canary-0123456789'

const call = (overrides: { signal?: AbortSignal; token?: string; timeoutMs?: number } = {}) => ({
  token: new Secret(overrides.token ?? TOKEN),
  signal: overrides.signal ?? new AbortController().signal,
  correlationId: 'c-1',
  ...(overrides.timeoutMs && { timeoutMs: overrides.timeoutMs })
})

function client(url: string, options: Partial<NautobotClientOptions> = {}) {
  return createNautobotClient({
    url,
    publicUrl: 'https://nautobot.example.com/',
    timeoutMs: 5_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 10_000,
    verifyTls: true,
    ...options
  })
}

async function connect(handle: WireHandler, options: Partial<NautobotClientOptions> = {}) {
  const server = await startWireServer(handle)
  return { server, nautobot: client(server.url, options) }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it was answered'),
    (error: unknown) => (error instanceof AppError ? error : expect.fail(inspect(error)))
  )

it('sends the token, the request id and repeated query values, on a connection of its own', async () => {
  const { server, nautobot } = await connect(() => ({ count: 3 }))

  const answer = await nautobot.get(
    '/api/dcim/devices/',
    { location: ['AMS01', 'FRA01'], limit: 1, has_primary_ip: false },
    call()
  )

  expect(answer).toEqual({ count: 3 })
  expect(server.requests[0]?.query.toString()).toBe(
    'location=AMS01&location=FRA01&limit=1&has_primary_ip=false'
  )
  expect(server.requests[0]?.headers).toMatchObject({
    authorization: `Token ${TOKEN}`,
    'x-request-id': 'c-1',
    connection: 'close'
  })
})

it('keeps a path prefix of the address and drops trailing slashes', async () => {
  const server = await startWireServer((request) => request.path)
  const nautobot = client(`${server.url}/prefix/`)

  expect(await nautobot.get('/api/status/', {}, call())).toBe('/prefix/api/status/')
  expect(nautobot.publicUrl).toBe('https://nautobot.example.com')
})

it('sends a body and answers undefined to 204', async () => {
  const { server, nautobot } = await connect((request, response) => {
    if (request.method !== 'DELETE') return request.body
    response.writeHead(204).end()
  })

  expect(await nautobot.send('PATCH', '/api/x/', { name: 'ä' }, call())).toEqual({ name: 'ä' })
  expect(await nautobot.send('DELETE', '/api/x/', undefined, call())).toBeUndefined()
  expect(server.requests.map((request) => request.method)).toEqual(['PATCH', 'DELETE'])
})

const REFUSALS: [status: number, body: unknown, code: string, message: RegExp][] = [
  [400, { name: ['This field is required.'] }, 'INVALID_REQUEST', /^name: This field is required/],
  [401, { detail: 'no' }, 'UNAUTHENTICATED', /Sign in/],
  [403, { detail: 'Invalid token' }, 'UNAUTHENTICATED', /Sign in/],
  [403, { detail: 'Token expired' }, 'UNAUTHENTICATED', /Sign in/],
  [403, { detail: 'User inactive' }, 'UNAUTHENTICATED', /Sign in/],
  [403, { detail: 'Authentication credentials were not provided.' }, 'UNAUTHENTICATED', /Sign in/],
  [
    403,
    { detail: 'You do not have permission to perform this action.' },
    'FORBIDDEN',
    /do not have permission/
  ],
  [404, { detail: 'Not found.' }, 'OBJECT_NOT_FOUND', /no such object/],
  [409, { detail: 'Unable to delete object.' }, 'CONFLICT', /Unable to delete/],
  [424, { code: 'secret_unavailable' }, 'CREDENTIAL_UNAVAILABLE', /secret/],
  [429, {}, 'NAUTOBOT_UNAVAILABLE', /rate/],
  [500, '<html>Server Error</html>', 'NAUTOBOT_UNAVAILABLE', /status 500/],
  [501, { detail: 'dcim.rack is not in the sample.' }, 'NOT_IN_SAMPLE', /dcim.rack/],
  [503, {}, 'NAUTOBOT_UNAVAILABLE', /status 503/]
]

it.each(REFUSALS)('turns status %i with %j into %s', async (status, body, code, message) => {
  const { nautobot } = await connect((_request, response) => json(response, status, body))

  const error = await failureOf(nautobot.get('/api/x/', {}, call()))

  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(refusalOf(error)).toMatchObject({ status, body })
})

it('names the fields of a refused request as Nautobot does, nested ones by dots', async () => {
  const { nautobot } = await connect((_request, response) =>
    json(response, 400, {
      remote_url: ['Enter a valid URL.', 'Too long.'],
      parameters: { temperature: ['Must be below 2.'] },
      non_field_errors: ['Nothing fits.']
    })
  )

  const error = await failureOf(nautobot.send('POST', '/api/x/', {}, call()))

  expect(error.details).toEqual({
    fields: [
      { path: 'remote_url', message: 'Enter a valid URL.' },
      { path: 'remote_url', message: 'Too long.' },
      { path: 'parameters.temperature', message: 'Must be below 2.' },
      { path: '', message: 'Nothing fits.' }
    ]
  })
})

it("says what Nautobot's page for an unknown host means", async () => {
  const { nautobot } = await connect((_request, response) => {
    response.writeHead(400, { 'Content-Type': 'text/html' }).end('<h1>Bad Request (400)</h1>')
  })

  expect(await failureOf(nautobot.get('/api/x/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: expect.stringContaining('ALLOWED_HOSTS')
  })
})

it('follows no redirect and takes no page for an answer', async () => {
  const { server, nautobot } = await connect((request, response) => {
    if (request.path === '/api/moved/') response.writeHead(302, { Location: '/api/page/' }).end()
    else response.end('<html>login</html>')
  })

  expect(await failureOf(nautobot.get('/api/moved/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: expect.stringContaining('redirects')
  })
  expect(await failureOf(nautobot.get('/api/page/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: expect.stringContaining('a page')
  })
  expect(server.requests).toHaveLength(2)
})

/** Hangs up on the first `times` requests. */
function hangUp(times: number): WireHandler {
  let left = times
  return (_request, response) => {
    left -= 1
    if (left < 0) return { data: { ok: true } }
    response.destroy()
  }
}

it('reads once more after a connection reset', async () => {
  const { server, nautobot } = await connect(hangUp(1))

  expect(await nautobot.get('/api/x/', {}, call())).toEqual({ data: { ok: true } })
  expect(server.requests).toHaveLength(2)
})

it('asks GraphQL once more after a connection reset', async () => {
  const { server, nautobot } = await connect(hangUp(1))

  expect(await nautobot.graphql('{ x }', {}, call())).toEqual({ ok: true })
  expect(server.requests).toHaveLength(2)
})

it('gives up after the second reset', async () => {
  const { server, nautobot } = await connect(hangUp(3))

  expect(await failureOf(nautobot.get('/api/x/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE'
  })
  expect(server.requests).toHaveLength(2)
})

it('never repeats a write', async () => {
  const { server, nautobot } = await connect(hangUp(1))

  expect(await failureOf(nautobot.send('POST', '/api/x/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE'
  })
  expect(server.requests).toHaveLength(1)
})

it('says that nothing answers, without the address and the token', async () => {
  const nautobot = client(`http://127.0.0.1:${await freePort()}`)

  const error = await failureOf(nautobot.get('/api/x/', {}, call()))

  expect(error).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: 'Nothing answers at NAUTOBOT_URL: the connection is refused.'
  })
  expect(inspect(error, { depth: 10 })).not.toContain(TOKEN)
})

it('says that plain HTTP answers where TLS was expected', async () => {
  // What any plain HTTP server says to a TLS handshake.
  const server = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const nautobot = client(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)

  expect(await failureOf(nautobot.get('/api/x/', {}, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: expect.stringContaining('does not speak TLS')
  })
})

it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
  'says where further authorities are named when a certificate is not trusted: %s',
  (code) => {
    expect(unreachable(code)).toMatchObject({
      code: 'NAUTOBOT_UNAVAILABLE',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS')
    })
  }
)

it('gives up when the time is over', async () => {
  const { nautobot } = await connect(() => undefined)

  const error = await failureOf(nautobot.get('/api/x/', {}, call({ timeoutMs: 30 })))

  expect(error).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: 'Nautobot did not answer in time.'
  })
})

it('gives up on an answer that trickles past the time', async () => {
  const { nautobot } = await connect((_request, response) => {
    response.write('{"a":')
    const drip = setInterval(() => response.write(' '), 5)
    response.on('close', () => clearInterval(drip))
  })

  expect(await failureOf(nautobot.get('/api/x/', {}, call({ timeoutMs: 50 })))).toMatchObject({
    message: 'Nautobot did not answer in time.'
  })
})

/** A request that nobody answers, and that its caller has given up. */
async function giveUp(options: Partial<NautobotClientOptions> = {}) {
  const closed = Promise.withResolvers<void>()
  const controller = new AbortController()
  let isClosed = false
  const { nautobot } = await connect((_request, response) => {
    response.on('close', () => {
      isClosed = true
      closed.resolve()
    })
    controller.abort(new Error('stopped by the user'))
  }, options)
  const asked = nautobot.get('/api/x/', {}, call({ signal: controller.signal }))
  await expect(asked).rejects.toThrow('stopped by the user')
  return { nautobot, closed: closed.promise, isClosed: () => isClosed }
}

it('throws the reason at once when the caller aborts, and hangs up a while later', async () => {
  const { closed, isClosed } = await giveUp({ maxLeftMs: 100 })

  expect(isClosed()).toBe(false)
  await closed
})

it('loses no place to a caller who leaves in whatever moment it is given one', async () => {
  const { server } = await connect(() => ({}))
  const afterTicks = async (ticks: number, act: () => void) => {
    for (let tick = 0; tick < ticks; tick += 1) await undefined
    act()
  }
  for (let ticks = 0; ticks < 20; ticks += 1) {
    const leaving = new AbortController()
    const first = Promise.withResolvers<void>()
    const nautobot = client(server.url, {
      maxInFlight: 1,
      maxQueueWaitMs: 500,
      onRequest: () => first.resolve(afterTicks(ticks, () => leaving.abort(new Error('left'))))
    })
    const answered = nautobot.get('/api/first/', {}, call())
    const left = nautobot.get('/api/left/', {}, call({ signal: leaving.signal }))
    const outcome = Promise.allSettled([left])
    await Promise.all([answered, first.promise])

    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { message: 'left' } }])
    expect(await nautobot.get('/api/last/', {}, call())).toEqual({})
  }
})

it('hangs up on what was given up when it is closed', async () => {
  const { nautobot, closed } = await giveUp()

  nautobot.close()
  await closed
})

it('hangs up at once on what is given up after it was closed', async () => {
  const closed = Promise.withResolvers<void>()
  const { nautobot } = await connect((_request, response) => {
    response.on('close', () => closed.resolve())
  })
  nautobot.close()
  const late = await failureOf(nautobot.get('/api/x/', {}, call({ timeoutMs: 30 })))

  expect(late.message).toBe('Nautobot did not answer in time.')
  await closed.promise
})

it('does not read once more for a caller who has left', async () => {
  const gone = Promise.withResolvers<void>()
  const { server, nautobot } = await connect(async (_request, response) => {
    await gone.promise
    response.destroy()
  })
  const seen = Promise.withResolvers<void>()
  const watched = client(server.url, { onRequest: () => seen.resolve() })
  await failureOf(watched.get('/api/x/', {}, call({ timeoutMs: 30 })))
  gone.resolve()
  await seen.promise

  // Another request is answered later than a second try of the first would arrive.
  await failureOf(nautobot.send('POST', '/api/y/', {}, call()))
  expect(server.requests.map(({ path }) => path)).toEqual(['/api/x/', '/api/y/'])
})

it.each([
  ['plain', (text: string) => Buffer.from(text), {}],
  ['compressed', (text: string) => gzipSync(text), { 'Content-Encoding': 'gzip' }]
])('reads a %s answer up to the limit and refuses one byte more', async (_kind, pack, headers) => {
  const { nautobot } = await connect((request, response) => {
    const bytes = Number(request.query.get('bytes'))
    response.writeHead(200, headers).end(pack(JSON.stringify('x'.repeat(bytes - 2))))
  })

  expect(await nautobot.get('/api/x/', { bytes: 10_000 }, call())).toHaveLength(9_998)
  expect(await failureOf(nautobot.get('/api/x/', { bytes: 10_001 }, call()))).toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    details: { maxBytes: 10_000 }
  })
})

it('refuses a query that Nautobot would hang up on', async () => {
  const { server, nautobot } = await connect(() => ({}))
  const path = '/api/x/'
  const room = 3_500 - `${path}?q=`.length

  expect(await nautobot.get(path, { q: 'x'.repeat(room) }, call())).toEqual({})
  expect(await failureOf(nautobot.get(path, { q: 'x'.repeat(room + 1) }, call()))).toMatchObject({
    code: 'INVALID_REQUEST',
    details: { maxBytes: 3_500 }
  })
  expect(server.requests).toHaveLength(1)
})

it('refuses a body beyond one mebibyte', async () => {
  const { server, nautobot } = await connect(() => ({}))

  expect(
    await failureOf(nautobot.send('POST', '/api/x/', 'x'.repeat(1_048_575), call()))
  ).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
  expect(await nautobot.send('POST', '/api/x/', 'x'.repeat(1_048_574), call())).toEqual({})
  expect(server.requests).toHaveLength(1)
})

it('asks nothing with what cannot be a token', async () => {
  const { server, nautobot } = await connect(() => ({}))

  expect(await failureOf(nautobot.get('/api/x/', {}, call({ token: 'a\r\nb: c' })))).toMatchObject({
    code: 'UNAUTHENTICATED'
  })
  expect(server.requests).toHaveLength(0)
})

it('answers the data of a GraphQL query', async () => {
  const { server, nautobot } = await connect(() => ({ data: { devices: [{ name: 'a' }] } }))

  expect(await nautobot.graphql('query { devices }', { limit: 1 }, call())).toEqual({
    devices: [{ name: 'a' }]
  })
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    path: '/api/graphql/',
    body: { query: 'query { devices }', variables: { limit: 1 } }
  })
})

it.each([200, 400])('reports the errors of a GraphQL answer with status %i', async (status) => {
  const { nautobot } = await connect((_request, response) =>
    json(response, status, { errors: [{ message: 'Unknown argument "x".' }], data: null })
  )

  expect(await failureOf(nautobot.graphql('{ x }', {}, call()))).toMatchObject({
    code: 'INVALID_REQUEST',
    details: { fields: [{ path: 'query', message: 'Unknown argument "x".' }] }
  })
})

it('keeps what GraphQL did answer beside what it could not', async () => {
  const errors = [{ message: 'broken', path: ['a', 0, 'b'] }, { path: 7 }]
  const { nautobot } = await connect(() => ({ data: { a: [{ b: null }] }, errors }))

  expect(await nautobot.graphqlPartly('{ a { b } }', call())).toEqual({
    data: { a: [{ b: null }] },
    problems: [
      { path: 'a.0.b', message: 'broken' },
      { path: '', message: 'unknown error' }
    ]
  })
})

it.each([
  [{ data: null, errors: [{ message: 'broken' }] }, 'INVALID_REQUEST'],
  [{ data: null }, 'NAUTOBOT_UNAVAILABLE'],
  [{ data: ['x'] }, 'NAUTOBOT_UNAVAILABLE']
])('takes %j for no answer, also of a part', async (body, code) => {
  const { nautobot } = await connect(() => body)

  expect(await failureOf(nautobot.graphqlPartly('{ x }', call()))).toMatchObject({ code })
})

it('tells of every request on the wire, without its query', async () => {
  const seen: NautobotRequest[] = []
  const { nautobot } = await connect(hangUp(1), { onRequest: (request) => seen.push(request) })

  await nautobot.get('/api/x/', { name: 'private' }, call())

  expect(seen).toMatchObject([
    { method: 'GET', path: '/api/x/', status: undefined, correlationId: 'c-1' },
    { method: 'GET', path: '/api/x/', status: 200 }
  ])
})
