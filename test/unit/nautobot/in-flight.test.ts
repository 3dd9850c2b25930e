import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import { createInFlight } from '../../../src/nautobot/in-flight.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { json, startWireServer } from '../../support/wire-server.ts'

const idle = new AbortController().signal

function places(overrides: { maxQueued?: number; maxQueueWaitMs?: number } = {}) {
  return createInFlight({
    maxInFlight: 2,
    maxInFlightPerKey: 1,
    maxQueued: 2,
    maxQueueWaitMs: 5_000,
    ...overrides
  })
}

async function entered(work: ReturnType<ReturnType<typeof places>['enter']>) {
  const leave = await work
  return typeof leave === 'function' ? leave : expect.fail(`refused: ${leave}`)
}

it('lets a second key pass one that waits for its own share', async () => {
  const inFlight = places()
  const leaveA = await entered(inFlight.enter('a', idle))
  const secondA = inFlight.enter('a', idle)
  const leaveB = await entered(inFlight.enter('b', idle))
  const waitingC = inFlight.enter('c', idle)

  leaveA()
  const leaveSecondA = await entered(secondA)
  leaveB()
  const leaveC = await entered(waitingC)

  leaveSecondA()
  leaveC()
})

it('gives a place back only once', async () => {
  const inFlight = places({ maxQueueWaitMs: 20 })
  const leaveA = await entered(inFlight.enter('a', idle))
  await entered(inFlight.enter('b', idle))
  leaveA()
  leaveA()
  await entered(inFlight.enter('c', idle))

  expect(await inFlight.enter('d', idle)).toBe('waited-too-long')
})

it('refuses the one that would make the queue too long', async () => {
  const inFlight = places()
  await entered(inFlight.enter('a', idle))
  const leave = new AbortController()
  const waiting = [inFlight.enter('a', leave.signal), inFlight.enter('a', leave.signal)]

  expect(await inFlight.enter('a', idle)).toBe('queue-full')

  leave.abort(new Error('gone'))
  for (const place of waiting) await expect(place).rejects.toThrow('gone')
})

it('frees the place in the queue of one who aborts', async () => {
  const inFlight = places({ maxQueued: 1 })
  const leaveA = await entered(inFlight.enter('a', idle))
  const gone = new AbortController()
  const waiting = inFlight.enter('a', gone.signal)
  gone.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')

  const next = inFlight.enter('a', idle)
  leaveA()
  await entered(next)
})

it('never has more requests on the wire than allowed, in all and for each token', async () => {
  const open: [string, ServerResponse][] = []
  let arrived = Promise.withResolvers<void>()
  const server = await startWireServer((request, response) => {
    open.push([String(request.headers.authorization), response])
    arrived.resolve()
  })
  const nautobot = createNautobotClient({
    url: server.url,
    publicUrl: server.url,
    timeoutMs: 5_000,
    maxInFlight: 3,
    maxInFlightPerToken: 2,
    maxResponseBytes: 1_000,
    verifyTls: true
  })
  const ask = (token: string) =>
    nautobot.get('/api/x/', {}, { token: new Secret(token), signal: idle, correlationId: 'c' })
  const answers = ['a', 'a', 'a', 'a', 'b', 'b'].map(ask)

  let answered = 0
  while (answered < answers.length) {
    if (open.length === 0) await arrived.promise
    arrived = Promise.withResolvers<void>()
    expect(open.length).toBeLessThanOrEqual(3)
    expect(open.filter(([token]) => token === 'Token a').length).toBeLessThanOrEqual(2)
    const [, response] = open.shift() ?? expect.fail('nothing arrived')
    answered += 1
    json(response, 200, answered)
  }

  expect(await Promise.all(answers)).toHaveLength(6)
  expect(server.requests).toHaveLength(6)
})

it('keeps the place of a request whose caller has left, until Nautobot has answered it', async () => {
  const open: ServerResponse[] = []
  let most = 0
  const server = await startWireServer((_request, response) => {
    open.push(response)
    most = Math.max(most, open.length)
  })
  const nautobot = createNautobotClient({
    url: server.url,
    publicUrl: server.url,
    timeoutMs: 5_000,
    maxInFlight: 2,
    maxInFlightPerToken: 2,
    maxQueueWaitMs: 100,
    maxResponseBytes: 1_000,
    verifyTls: true
  })
  const ask = (more: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
    nautobot.get(
      '/api/x/',
      {},
      { token: new Secret('a'), signal: idle, correlationId: 'c', ...more }
    )
  const stop = new AbortController()
  const left = Promise.allSettled([ask({ signal: stop.signal }), ask({ timeoutMs: 50 })])
  await expect.poll(() => open.length).toBe(2)
  stop.abort(new Error('stopped'))
  expect(await left).toMatchObject([
    { reason: { message: 'stopped' } },
    { reason: { message: 'Nautobot did not answer in time.' } }
  ])

  await expect(ask()).rejects.toMatchObject({
    message: 'Too many requests are waiting for Nautobot.'
  })
  for (const response of open.splice(0)) json(response, 200, 'late')
  const next = ask()
  await expect.poll(() => open.length).toBe(1)
  for (const response of open) json(response, 200, 'in time')

  expect(await next).toBe('in time')
  expect({ most, requests: server.requests.length }).toEqual({ most: 2, requests: 3 })
  nautobot.close()
})

it('says that Nautobot is busy when a request waits too long', async () => {
  const server = await startWireServer(() => undefined)
  const nautobot = createNautobotClient({
    url: server.url,
    publicUrl: server.url,
    timeoutMs: 5_000,
    maxInFlight: 1,
    maxInFlightPerToken: 1,
    maxQueueWaitMs: 20,
    maxResponseBytes: 1_000,
    verifyTls: true
  })
  const stop = new AbortController()
  const call = { token: new Secret('a'), signal: stop.signal, correlationId: 'c' }
  const hanging = nautobot.get('/api/x/', {}, call)

  await expect(nautobot.get('/api/x/', {}, call)).rejects.toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE',
    message: 'Too many requests are waiting for Nautobot.'
  })

  stop.abort(new Error('done'))
  await expect(hanging).rejects.toThrow('done')
})
