import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startReplicas } from './support/replicas.ts'
import { send } from './support/sidecar-client.ts'

/** The service looks every 15 s and waits 5 s for a sign of life. */
const NOTICED_WITHIN_MS = 25_000
/** It may take a second look to give up a connection that answers nothing. */
const HEARD_WITHIN_MS = 40_000
const MAX_AGE_SECONDS = 1
const MODELS = '/api/plugins/ai-ops/llm-models/'

/** Between the service and Redis: swallows, when told to, what belongs to a connection that listens. */
async function startRelay(redisPort: number) {
  let swallows = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const onward = connect(redisPort, '127.0.0.1')
    // From its name on, which is the first thing that such a connection says.
    let listens = false
    sockets.add(socket).add(onward)
    socket.on('data', (bytes: Buffer) => {
      listens ||= /subscribe/i.test(bytes.toString('latin1'))
      if (!(swallows && listens)) onward.write(bytes)
    })
    onward.on('data', (bytes: Buffer) => {
      if (!(swallows && listens)) socket.write(bytes)
    })
    for (const [one, other] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `redis://127.0.0.1:${port}`,
    swallow: (isOn: boolean) => {
      swallows = isOn
    }
  }
}

test('[T22] a listener that dies silently is told by a metric, and configuration is read by its age', async () => {
  const replicas = await startReplicas()
  onTestFinished(() => replicas.stop())
  const relay = await startRelay(replicas.redis.port)
  const service = await replicas.start({
    REDIS_URL: relay.url,
    AI_OPS_CATALOG_MAX_AGE_SECONDS: String(MAX_AGE_SECONDS)
  })
  const channelUp = async () =>
    /^ai_ops_event_channel_up (\d)$/m.exec(
      await (await fetch(`${service.url}/metrics`)).text()
    )?.[1]
  const modelNames = async () => {
    const { headers } = replicas
    const answer = await send(service.url, { method: 'GET', path: '/api/v1/chat/options', headers })
    return JSON.stringify((await answer.json()).models)
  }
  expect(await channelUp()).toBe('1')
  expect(await modelNames()).not.toContain('Later')

  relay.swallow(true)
  const created = await fetch(`${replicas.nautobot.url}${MODELS}`, {
    method: 'POST',
    headers: { ...replicas.headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ name: 'Later', status: 'Healthy', provider: 'openai', model_name: 'later' },
      remote_url: replicas.model.url
    })
  })
  expect(created.status).toBe(201)
  await expect.poll(modelNames, { timeout: 10_000 }).toContain('Later')
  await expect.poll(channelUp, { timeout: NOTICED_WITHIN_MS, interval: 500 }).toBe('0')
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)

  relay.swallow(false)
  await expect.poll(channelUp, { timeout: HEARD_WITHIN_MS, interval: 500 }).toBe('1')
}, 90_000)
