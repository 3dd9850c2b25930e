import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createOutbound, describeFailure } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { startForwardProxy } from '../../support/forward-proxy.ts'

const CONNECT_TIMEOUT_MS = 300
const MAX_RESPONSE_BYTES = 10_000

function fetchThrough(port: number): typeof fetch {
  const proxy = new Secret(`http://127.0.0.1:${port}`)
  const outbound = createOutbound({
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    proxy: { http: proxy, https: proxy }
  })
  onTestFinished(() => outbound.close())
  return outbound.fetchFor({ verifyTls: true })
}

async function startSilentProxy() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined).resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

test('reads an answer of a plain address through a proxy up to the byte bound and no further', async () => {
  const { port } = await startForwardProxy('x'.repeat(MAX_RESPONSE_BYTES + 1))
  const reading = fetchThrough(port)('http://models.example/').then((answer) => answer.text())

  const failure = await reading.catch((error: unknown) => describeFailure(error))
  expect(failure).toBe('the answer is too large')
})

test('gives up a proxy that does not open its tunnel in time, and leaves no socket to it', async () => {
  const { port, sockets } = await startSilentProxy()

  const asking = fetchThrough(port)('https://models.example/')
  const failure = await asking.catch((error: unknown) => describeFailure(error))
  expect(failure).toBe('the proxy does not answer')
  await expect.poll(() => sockets.map(({ closed }) => closed)).toEqual([true])
})
