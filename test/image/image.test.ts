import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltImage, buildImage, defaultBase } from '../../helm/image/build.ts'
import { layersOf } from '../../helm/image/layers.ts'
import { type Container, startContainer, startReady } from './support/container.ts'

const MAX_OUR_MEGABYTES = 30
const MAX_STOP_MS = 10_000
/** P10 says 1,500 on an idle machine; `npm run test:image` prints it. This only notices a start that has gone astray. */
const MAX_READY_MS = 30_000

let image: BuiltImage
let container: Container

const say = (sentence: string) => void process.stdout.write(`${sentence}\n`)

beforeAll(async () => {
  image = await buildImage(say)
  container = await startReady(image)
})

afterAll(() => container?.remove())

it('[P10] is ready soon after its start', () => {
  say(`Ready ${container.readyAfterMs} ms after the start; P10 wants 1,500 on an idle machine.`)
  expect(container.readyAfterMs).toBeLessThan(MAX_READY_MS)
})

it('answers a question over the sample as an unprivileged user who cannot write, in 256 MB', async () => {
  const answer = await fetch(`${container.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'How many devices are in AMS01?' })
  })
  const body = await answer.json()

  expect(answer.status).toBe(200)
  expect(body.response).toMatch(/\*\*12\*\* devices/)
  expect(body.toolCalls).not.toHaveLength(0)
  expect(await container.evaluate('console.log(process.getuid())')).toBe('1000')
  expect(await container.inspect('{{.HostConfig.Memory}}')).toBe(String(256 * 1024 * 1024))
})

it('serves the chat', async () => {
  const page = await fetch(container.url)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toContain('text/html')
})

it('serves the explorer of its API, with what that loads', async () => {
  const files = ['docs/', 'docs/static/swagger-ui-bundle.js', 'docs/static/logo.svg']
  const statuses = await Promise.all(
    files.map(async (file) => (await fetch(`${container.url}/${file}`)).status)
  )
  expect(statuses).toEqual([200, 200, 200])
})

it('examines itself with the doctor', async () => {
  const { engine } = image
  const report = await engine.command('exec', container.name, 'node', 'src/doctor.js', '--json')
  expect(JSON.parse(report).state).toBe('ok')
})

it('is healthy by its own check', async () => {
  const { engine } = image
  // Without systemd, podman has no timer that runs the check.
  if (engine.name === 'podman') await engine.command('healthcheck', 'run', container.name)
  else while ((await container.inspect('{{.State.Health.Status}}')) === 'starting') await delay(500)
  expect(await container.inspect('{{.State.Health.Status}}')).toBe('healthy')
})

it('writes nothing, not even where it may', async () => {
  const changes = (await image.engine.command('diff', container.name)).split('\n')
  const written = await container.evaluate(
    "console.log(JSON.stringify(require('fs').readdirSync('/tmp')))"
  )

  // The engine itself mounts the host's names into /etc.
  expect(changes.filter((line) => !/^$|^C \/(?:etc|tmp|run|dev)$/.test(line))).toEqual([])
  expect(written).toBe('[]')
})

it('leaves no dead process behind', async () => {
  const dead = await container.evaluate(`
    const fs = require('fs')
    const states = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
      .map((pid) => fs.readFileSync('/proc/' + pid + '/stat', 'utf8'))
    console.log(states.length > 0 && states.every((line) => !/\\) Z /.test(line)))`)
  expect(dead).toBe('true')
})

it('holds its terms, a list of what it consists of, and nothing of the machine that built it', async () => {
  const listing = await container.evaluate(`
    const fs = require('fs')
    const sbom = JSON.parse(fs.readFileSync('sbom.cdx.json', 'utf8'))
    console.log(JSON.stringify({
      root: fs.readdirSync('.').sort(),
      format: sbom.bomFormat,
      named: sbom.components.some(({ name, version }) => name === 'fastify' && /^5[.]/.test(version)),
      terms: fs.readFileSync('THIRD-PARTY-LICENCES.txt', 'utf8').includes('fastify 5'),
      chat: sbom.components.some(({ name }) => name === 'react'),
      tools: sbom.components.filter(({ name }) => ['typescript', 'vite', 'vitest'].includes(name)),
      settings: ['/usr/local/etc/npmrc', '/home/node/.npmrc', '/root/.npmrc'].filter((file) => {
        try { return fs.statSync(file).size > 0 } catch (error) { return error.code !== 'ENOENT' && error.code !== 'EACCES' }
      })
    }))`)
  const variables = (await container.inspect('{{json .Config.Env}}')).match(/\w+(?==)/g)

  expect(JSON.parse(listing)).toEqual({
    root: [
      ...['.compile-cache', 'LICENSE', 'THIRD-PARTY-LICENCES.txt'],
      ...['package.json', 'sbom.cdx.json', 'src']
    ],
    format: 'CycloneDX',
    named: true,
    terms: true,
    chat: true,
    tools: [],
    settings: []
  })
  expect(variables?.filter((name) => /TOKEN|SECRET|KEY|PASSWORD|PROXY|CERT/i.test(name))).toEqual(
    []
  )
})

it('trusts whom its base trusts, and not whom the building machine trusts', async () => {
  const sum = (name: string) =>
    image.engine.command(
      ...['run', '--rm', '--network', 'host', '--log-driver', 'none', name, 'sh', '-c'],
      'sha256sum /etc/ssl/certs/ca-certificates.crt | grep -o "^[0-9a-f]*"'
    )
  const digest = /[0-9a-f]{64}$/m
  expect(digest.exec(await sum(image.id))?.[0]).toBe(digest.exec(await sum(defaultBase()))?.[0])
})

it('adds little to its base', async () => {
  const { total, ours, each } = await layersOf(image.engine, image.id)
  say(`${total} MB, ours ${ours} MB: ${each.map(({ size }) => size.toFixed(1)).join(' + ')}.`)
  expect(ours).toBeLessThan(MAX_OUR_MEGABYTES)
})

it('runs as whatever user a cluster picks', async () => {
  const other = await startReady(image, '--user', '10001:10001')
  try {
    expect(await other.evaluate('console.log(process.getuid())')).toBe('10001')
  } finally {
    await other.remove()
  }
})

it('ends with 0 on SIGTERM, well before a cluster would kill it', async () => {
  const ending = await startReady(image)
  try {
    const startedAt = performance.now()
    await image.engine.command('stop', '--time', '20', ending.name)
    expect(performance.now() - startedAt).toBeLessThan(MAX_STOP_MS)
    expect(await ending.inspect('{{.State.ExitCode}}')).toBe('0')
  } finally {
    await ending.remove()
  }
})

it('ends on a SIGTERM that comes while it is still loading', async () => {
  const ending = await startContainer(image)
  try {
    await untilSignalsAreHeard(Number(await ending.inspect('{{.State.Pid}}')))
    const isListening = await fetch(`${ending.url}/livez`).then(
      () => true,
      () => false
    )
    const startedAt = performance.now()
    await image.engine.command('stop', '--time', '20', ending.name)

    expect(isListening).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(MAX_STOP_MS)
    expect(await ending.inspect('{{.State.ExitCode}}')).toBe('0')
  } finally {
    await ending.remove()
  }
})

/** Node itself takes its time until the first of our lines runs. */
async function untilSignalsAreHeard(pid: number): Promise<void> {
  const deadline = AbortSignal.timeout(MAX_READY_MS)
  const caught = () => /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const SIGTERM_BIT = 1n << 14n
  while ((BigInt(`0x${caught()}`) & SIGTERM_BIT) === 0n) {
    deadline.throwIfAborted()
    await delay(2)
  }
}
