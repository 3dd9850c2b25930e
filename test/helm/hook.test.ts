import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { freePort } from '../support/ports.ts'
import { startProcess } from '../support/processes.ts'
import { type Manifest, render, values } from './support/chart.ts'
import { ensureHelm } from './support/helm.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
/** It asks twelve times, five seconds apart. */
const PATIENCE_MS = 90_000
const NODE_FIRST = [dirname(process.execPath), process.env.PATH].join(delimiter)

interface Pod {
  readonly containers: readonly { readonly command: readonly string[] }[]
}

let manifests: Manifest[]
const clusters: { close(): void }[] = []

beforeAll(async () => {
  await ensureHelm(4)
  manifests = await render(4, values('lab'))
}, 300_000)

afterAll(() => {
  for (const cluster of clusters) cluster.close()
})

/** Stands for the cluster's names: whatever is asked for is this port of this machine. */
async function startCluster(port: number): Promise<string> {
  const server = createServer()
  server.on('connect', (_request, client) => {
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    onward.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
    client.on('error', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  clusters.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs, to the letter, what `helm test` starts. */
async function startHook(port: number) {
  const hook = manifests.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test')
  const [command = '', ...args] = (hook?.spec as Pod | undefined)?.containers[0]?.command ?? []
  const way = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: await startCluster(port) }
  return startProcess({ command, args, env: { PATH: NODE_FIRST, ...way }, cwd: CHECKOUT })
}

/** As the chart configures it, names that it answers to included. */
function startService(port: number) {
  const configuration = manifests.find(({ data }) => data?.AI_OPS_ENV)?.data
  const env = { ...configuration, PATH: NODE_FIRST, HOST: '127.0.0.1', PORT: String(port) }
  const args = [join(CHECKOUT, 'src/main.ts')]
  return startProcess({ command: process.execPath, args, env, cwd: CHECKOUT })
}

describe.concurrent('helm test', () => {
  it('waits for a release that is still starting, and passes once it is ready', {
    timeout: PATIENCE_MS
  }, async ({ expect, onTestFinished }) => {
    const port = await freePort()
    const hook = await startHook(port)
    onTestFinished(() => hook.kill())
    await hook.waitForOutput(/^Error: /m, PATIENCE_MS)
    const service = startService(port)
    onTestFinished(() => service.stop())

    expect(await hook.exited, hook.output()).toBe(0)
    expect(hook.output()).toContain('{"status":"ok"}')
  })

  it('fails for one that never becomes ready, and shows what it waits for', {
    timeout: PATIENCE_MS
  }, async ({ expect, onTestFinished }) => {
    const server = createServer((_request, response) => response.writeHead(503).end('no Redis yet'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const hook = await startHook((server.address() as AddressInfo).port)
    onTestFinished(() => hook.kill())

    expect(await hook.exited, hook.output()).toBe(1)
    expect(hook.output().match(/no Redis yet/g)).toHaveLength(12)
  })
})
