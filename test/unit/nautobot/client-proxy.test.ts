import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import type { ProxySettings } from '../../../src/platform/proxy.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { LOOPBACK_CERTIFICATE } from '../../fixtures/loopback-certificate.ts'
import { startForwardProxy } from '../../support/forward-proxy.ts'

const TOKEN = 'nautobot-token-canary'

function get(url: string, proxy: ProxySettings, verifyTls = true): Promise<unknown> {
  const client = createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 2_000,
    maxInFlight: 2,
    maxInFlightPerToken: 2,
    maxResponseBytes: 10_000,
    verifyTls,
    proxy
  })
  const call = { signal: AbortSignal.timeout(5_000), correlationId: 'c-1' }
  return client.get('/api/', {}, { ...call, token: new Secret(TOKEN) })
}

/** A Nautobot that answers what it was asked with. */
async function startNautobot(): Promise<number> {
  const server = createServer(LOOPBACK_CERTIFICATE, ({ url, headers }, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ url, authorization: headers.authorization }))
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('[S5] asks http through HTTP_PROXY with its login, and what NO_PROXY names directly', async () => {
  const { port, seen } = await startForwardProxy('{"by": "proxy"}')
  const http = new Secret(`http://user:w%40rd@127.0.0.1:${port}`)
  expect(await get('http://nautobot.test', { http })).toEqual({ by: 'proxy' })
  const login = `Basic ${Buffer.from('user:w@rd').toString('base64')}`
  expect(seen).toEqual([`GET http://nautobot.test/api/ ${login}`])
  await expect(get('http://nautobot.invalid', { http, none: '.invalid' })).rejects.toMatchObject({
    code: 'NAUTOBOT_UNAVAILABLE'
  })
  expect(seen).toHaveLength(1)
})

test('[S5] asks https through a tunnel, whose inside the proxy does not see', async () => {
  const nautobot = await startNautobot()
  const { port, seen } = await startForwardProxy()
  const https = new Secret(`http://127.0.0.1:${port}`)
  const url = `https://nautobot.test:${nautobot}`
  expect(await get(url, { https }, false)).toEqual({
    url: '/api/',
    authorization: `Token ${TOKEN}`
  })
  expect(seen).toEqual([`CONNECT nautobot.test:${nautobot} `])
  await expect(get(url, { https })).rejects.toMatchObject({ code: 'NAUTOBOT_UNAVAILABLE' })
})
