import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { withLocalSecrets } from '../../../src/secrets/local-secrets.ts'
import {
  createSecretResolver,
  type SecretResolverOptions
} from '../../../src/secrets/secret-resolver.ts'
import { testClient, uuid } from '../../support/catalog-objects.ts'
import { json, startWireServer, type WireHandler } from '../../support/wire-server.ts'

const ADDRESS = 'https://llm.example.com'
const model = { id: uuid(1), name: 'gpt', address: ADDRESS, hasCredential: true }
const context = () => ({ signal: new AbortController().signal, correlationId: 'c-1' })

async function setup(handle: WireHandler, options: Partial<SecretResolverOptions> = {}) {
  let time = 0
  let outdated = 0
  const owner = new AbortController()
  const server = await startWireServer(handle)
  const resolver = createSecretResolver({
    client: testClient(server.url),
    serviceToken: new Secret('service'),
    signal: owner.signal,
    maxAgeMs: 60_000,
    maxEntries: 10,
    onOutdated: () => {
      outdated += 1
    },
    now: () => time,
    ...options
  })
  return {
    server,
    owner,
    resolver,
    outdated: () => outdated,
    elapse: (ms: number) => {
      time += ms
    },
    resolve: (object = model, call = context()) => resolver.resolve('llm-models', object, call)
  }
}

/** Answers `key-1`, `key-2` and so on. */
function numbered(): WireHandler {
  let number = 0
  return () => {
    number += 1
    return { url: ADDRESS, value: `key-${number}` }
  }
}

it('asks the shim as the service account and wraps the value', async () => {
  const { server, resolve } = await setup(numbered())

  const credential = await resolve()

  expect(credential.address).toBe(ADDRESS)
  expect(credential.secret?.reveal()).toBe('key-1')
  expect(inspect(credential, { depth: 5 })).not.toContain('key-1')
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    path: `/api/plugins/ai-ops/llm-models/${uuid(1)}/resolve-credential/`,
    headers: { authorization: 'Token service', 'x-request-id': 'c-1' }
  })
})

it('asks nothing for an object without a secret', async () => {
  const { server, resolve } = await setup(numbered())

  expect(await resolve({ ...model, hasCredential: false })).toEqual({
    address: ADDRESS,
    secret: undefined
  })
  expect(server.requests).toHaveLength(0)
})

it('[S10] tells each request for a secret once, with what came of it and without the secret', async () => {
  const told: unknown[] = []
  const onResolved: SecretResolverOptions['onResolved'] = (kind, { name }, asked) =>
    void told.push({ kind, name, ...asked })
  const good = await setup(numbered(), { onResolved })
  await Promise.all([good.resolve(), good.resolve()])
  const bad = await setup((_request, response) => json(response, 404, { detail: 'No.' }), {
    onResolved
  })
  await bad.resolve().catch(() => undefined)

  const about = { kind: 'llm-models', name: 'gpt', correlationId: 'c-1' }
  expect(told).toEqual([
    { ...about, outcome: 'ok' },
    { ...about, outcome: 'CREDENTIAL_UNAVAILABLE' }
  ])
})

it('asks once for callers at the same time, and again when the value is old', async () => {
  const { server, resolve, elapse } = await setup(numbered())

  await Promise.all([resolve(), resolve(), resolve()])
  elapse(59_999)
  expect((await resolve()).secret?.reveal()).toBe('key-1')
  expect(server.requests).toHaveLength(1)

  elapse(1)
  expect((await resolve()).secret?.reveal()).toBe('key-2')
})

it('[S3] keeps no value longer than a minute, whatever it is told', async () => {
  const { resolve, elapse } = await setup(numbered(), { maxAgeMs: 3_600_000 })
  await resolve()
  elapse(60_000)

  expect((await resolve()).secret?.reveal()).toBe('key-2')
})

it('asks again after the value was refused, or when secrets changed', async () => {
  const { resolver, resolve } = await setup(numbered())
  await resolve()
  resolver.forget(model.id)
  expect((await resolve()).secret?.reveal()).toBe('key-2')
  resolver.forget(uuid(2))
  expect((await resolve()).secret?.reveal()).toBe('key-2')
  resolver.forgetAll()
  expect((await resolve()).secret?.reveal()).toBe('key-3')
})

it('[S3] gives no value out when it is for another address', async () => {
  const { outdated, resolve } = await setup(() => ({ url: 'https://other', value: 'key' }))

  const error = await resolve().catch((caught: unknown) => caught)

  expect(error).toMatchObject({
    code: 'CREDENTIAL_UNAVAILABLE',
    message: expect.stringContaining('gpt')
  })
  expect(inspect(error, { depth: 10 })).not.toContain("'key'")
  expect(outdated()).toBe(1)
})

it('never answers a moved object with the value for its old address', async () => {
  const { resolve } = await setup(numbered())
  await resolve()

  await expect(resolve({ ...model, address: 'https://new' })).rejects.toMatchObject({
    code: 'CREDENTIAL_UNAVAILABLE'
  })
})

it.each([
  [404, { detail: 'No secrets group.' }, 'CREDENTIAL_UNAVAILABLE', /no HTTP\(S\) token/],
  [424, { code: 'secret_unavailable' }, 'CREDENTIAL_UNAVAILABLE', /cannot read/],
  [403, { detail: 'Not permitted.' }, 'NAUTOBOT_REFUSED', /service account/],
  [500, {}, 'NAUTOBOT_UNAVAILABLE', /500/],
  [200, { url: ADDRESS, value: '' }, 'CREDENTIAL_UNAVAILABLE', /no usable secret/]
])('explains the answer %i %j, and asks again next time', async (status, body, code, message) => {
  let refuse = true
  const { resolve } = await setup((_request, response) => {
    if (!refuse) return { url: ADDRESS, value: 'key' }
    json(response, status, body)
  })

  const error = await resolve().catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })

  refuse = false
  expect((await resolve()).secret?.reveal()).toBe('key')
})

it('serves the last value for ten minutes while Nautobot does not answer, asking every ten seconds', async () => {
  let down = false
  const { server, resolver, resolve, elapse } = await setup((_request, response) =>
    down ? json(response, 503, {}) : { url: ADDRESS, value: 'key' }
  )
  const answer = async () => (await resolve()).secret?.reveal()
  await resolve()
  down = true
  elapse(60_000)
  expect(await answer()).toBe('key')
  elapse(9_999)
  expect(await answer()).toBe('key')
  expect(server.requests).toHaveLength(2)
  elapse(1)
  expect(await answer()).toBe('key')
  expect(server.requests).toHaveLength(3)

  elapse(529_999)
  expect(await answer()).toBe('key')
  elapse(10_000)
  await expect(resolve()).rejects.toMatchObject({ code: 'NAUTOBOT_UNAVAILABLE' })

  down = false
  expect(await answer()).toBe('key')
  down = true
  resolver.forget(model.id)
  await expect(resolve()).rejects.toMatchObject({ code: 'NAUTOBOT_UNAVAILABLE' })
})

it('outlives an event that comes while Nautobot does not answer', async () => {
  let down = false
  const { server, resolver, resolve, elapse } = await setup((_request, response) =>
    down ? json(response, 503, {}) : { url: ADDRESS, value: `key-${server.requests.length}` }
  )
  await resolve()
  down = true
  resolver.forgetAll()
  expect((await resolve()).secret?.reveal()).toBe('key-1')
  expect(server.requests).toHaveLength(2)

  down = false
  elapse(10_000)
  expect((await resolve()).secret?.reveal()).toBe('key-3')
})

it('does not take an answer that was under way when secrets changed for the new one', async () => {
  const first = Promise.withResolvers<unknown>()
  const { server, resolver, resolve } = await setup(() =>
    server.requests.length === 1 ? first.promise : { url: ADDRESS, value: 'new' }
  )
  const early = resolve()
  resolver.forgetAll()
  expect((await resolve()).secret?.reveal()).toBe('new')
  first.resolve({ url: ADDRESS, value: 'old' })
  await early
  expect((await resolve()).secret?.reveal()).toBe('new')
})

it('holds no value that is too old to be given out', async () => {
  const { resolver, resolve, elapse } = await setup(numbered(), { sweepMs: 5 })
  await resolve()
  elapse(599_999)
  await sleep(20)
  expect(resolver.size()).toBe(1)
  elapse(1)
  await expect.poll(() => resolver.size()).toBe(0)
})

it('takes a refusal for what it is, however good the last value was', async () => {
  let refuse = false
  const { resolve, elapse } = await setup((_request, response) =>
    refuse ? json(response, 404, {}) : { url: ADDRESS, value: 'key' }
  )
  await resolve()
  refuse = true
  elapse(60_000)

  await expect(resolve()).rejects.toMatchObject({ code: 'CREDENTIAL_UNAVAILABLE' })
})

it('lets one caller go without taking the answer from the others', async () => {
  const release = Promise.withResolvers<unknown>()
  const { resolve } = await setup(() => release.promise)
  const gone = new AbortController()
  const leaving = resolve(model, { signal: gone.signal, correlationId: 'c' })
  const staying = resolve()

  gone.abort(new Error('gone'))
  await expect(leaving).rejects.toThrow('gone')
  release.resolve({ url: ADDRESS, value: 'key' })
  expect((await staying).secret?.reveal()).toBe('key')
})

it('stops with its owner', async () => {
  const { owner, resolve } = await setup(() => owner.abort(new Error('closing')))

  await expect(resolve()).rejects.toThrow('closing')
})

it('keeps at most as many values as allowed', async () => {
  const { server, resolve } = await setup(() => ({ url: ADDRESS, value: 'key' }), { maxEntries: 2 })
  const object = (number: number) => ({ ...model, id: uuid(number) })

  for (const number of [1, 2, 3, 3, 2]) await resolve(object(number))
  expect(server.requests).toHaveLength(3)
  await resolve(object(1))
  expect(server.requests).toHaveLength(4)
})

it("takes the environment's keys for its own objects alone", async () => {
  const { server, resolver } = await setup(numbered())
  const local = withLocalSecrets(resolver, new Map([['environment:openai', new Secret('local')]]))

  const own = await local.resolve(
    'llm-models',
    { ...model, id: 'environment:openai', address: 'https://a' },
    context()
  )
  expect([own.address, own.secret?.reveal()]).toEqual(['https://a', 'local'])
  expect(server.requests).toHaveLength(0)

  const other = await local.resolve('llm-models', model, context())
  expect(other.secret?.reveal()).toBe('key-1')
})
