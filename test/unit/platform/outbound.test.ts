import type { lookup as systemLookup } from 'node:dns'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { createEgressRules } from '../../../src/platform/egress.ts'
import { createOutbound, describeFailure, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { LOOPBACK_CERTIFICATE } from '../../fixtures/loopback-certificate.ts'
import {
  EXPIRED_CERTIFICATE,
  FOREIGN_CERTIFICATE,
  SIGNED_CERTIFICATE,
  TEST_AUTHORITY
} from '../../fixtures/test-authority.ts'
import { startForwardProxy } from '../../support/forward-proxy.ts'
import { startProcess } from '../../support/processes.ts'

const OUTBOUND = pathToFileURL(join(import.meta.dirname, '../../../src/platform/outbound.ts')).href

const open: (Server | TlsServer | Outbound)[] = []

afterEach(async () => {
  for (const thing of open.splice(0)) {
    if ('fetchFor' in thing) await thing.close()
    else await new Promise((done) => thing.close(done))
  }
})

function outbound(options: Partial<Parameters<typeof createOutbound>[0]> = {}): Outbound {
  const made = createOutbound({ connectTimeoutMs: 300, maxResponseBytes: 10_000, ...options })
  open.unshift(made)
  return made
}

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler)
  open.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'it succeeded',
    (error: unknown) => describeFailure(error)
  )

test('[S4] does not follow a redirect', async () => {
  const url = await listen((_request, response) => {
    response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end()
  })
  const response = await outbound().fetchFor({ verifyTls: true })(url)
  expect(response.status).toBe(307)
})

test.each([
  'http://169.254.169.254/',
  'http://2852039166/',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.1.1]/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/'
])('never asks %s', async (url) => {
  const failure = await failureOf(outbound().fetchFor({ verifyTls: true })(url))
  expect(failure).toBe('link-local and metadata addresses are never asked')
})

test('[S4] never asks a name that resolves to a metadata address', async () => {
  const found = [{ address: '169.254.169.254', family: 4 }]
  const lookup = ((_host: string, _options: object, done: (...given: unknown[]) => void) =>
    done(null, found)) as typeof systemLookup
  const ask = outbound({ lookup }).fetchFor({ verifyTls: true })
  expect(await failureOf(ask('http://innocent.example/'))).toBe(
    'link-local and metadata addresses are never asked'
  )
})

test('asks a loopback name', async () => {
  const url = await listen((_request, response) => response.end('hello'))
  const response = await outbound().fetchFor({ verifyTls: true })(
    url.replace('127.0.0.1', 'localhost')
  )
  expect(await response.text()).toBe('hello')
})

test('reads an answer up to the byte bound and no further', async () => {
  const url = await listen((request, response) => {
    response.end(Buffer.alloc(Number(request.url?.slice(1))))
  })
  const ask = async (bytes: number) => {
    const response = await outbound().fetchFor({ verifyTls: true })(`${url}/${bytes}`)
    return (await response.arrayBuffer()).byteLength
  }
  expect(await ask(10_000)).toBe(10_000)
  expect(await failureOf(ask(10_001))).toBe('the answer is too large')
})

test('refuses a compressed answer, which could grow beyond the bound', async () => {
  let accepted: string | undefined
  const url = await listen((request, response) => {
    accepted = request.headers['accept-encoding']
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1000)))
  })
  const failure = await failureOf(outbound().fetchFor({ verifyTls: true })(url))
  expect(failure).toMatch(/compressed \(gzip\)/)
  expect(accepted).toBe('identity')
})

test('asks through the proxy, but not for loopback and what NO_PROXY names', async () => {
  const seen: string[] = []
  const proxy = createTcpServer((socket) => {
    socket.once('data', (data) => {
      seen.push(data.toString().split('\r\n')[0] ?? '')
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const http = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const url = await listen((_request, response) => response.end('direct'))
  const settings = { http: new Secret(http), none: 'direct.invalid' }
  const ask = outbound({ proxy: settings }).fetchFor({ verifyTls: true })
  await ask('http://models.example.invalid/v1').catch(() => undefined)
  expect(await failureOf(ask('http://direct.invalid/'))).toMatch(/host name/)
  expect(seen).toEqual([expect.stringContaining('models.example.invalid')])
  expect(await (await ask(url)).text()).toBe('direct')
  expect(seen).toHaveLength(1)
  await new Promise((done) => proxy.close(done))
})

async function listenTls(certificate: { key: string; cert: string }): Promise<number> {
  const server = createTlsServer(certificate, (_request, response) => response.end('ok'))
  open.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('[S5] asks https through a tunnel and http by its whole address, with the login of the proxy', async () => {
  const { seen, port } = await startForwardProxy()
  const address = new Secret(`http://us%40er:pass@127.0.0.1:${port}`)
  const made = outbound({ proxy: { http: address } })
  const tls = await listenTls(LOOPBACK_CERTIFICATE)
  const login = `Basic ${Buffer.from('us@er:pass').toString('base64')}`
  const plain = await made.fetchFor({ verifyTls: true })('http://models.test/v1?a=1')
  expect(await plain.text()).toBe('by proxy')
  const ask = made.fetchFor({ verifyTls: false })
  expect(await (await ask(`https://models.test:${tls}/`)).text()).toBe('ok')
  // What is inside the tunnel is checked as without one.
  expect(await failureOf(made.fetchFor({ verifyTls: true })(`https://models.test:${tls}/`))).toBe(
    'its TLS certificate is self-signed'
  )
  expect(seen.slice(0, 2)).toEqual([
    `GET http://models.test/v1?a=1 ${login}`,
    `CONNECT models.test:${tls} ${login}`
  ])
})

test('[S4] a proxy is asked for listed names alone, and never for metadata', async () => {
  const { seen, port } = await startForwardProxy()
  const proxy = { http: new Secret(`http://127.0.0.1:${port}`) }
  const egress = createEgressRules(['*.test', '10.0.0.0/8'])
  const ask = outbound({ proxy, egress }).fetchFor({ verifyTls: true })
  expect((await ask('http://models.test/')).status).toBe(200)
  expect((await ask('http://10.1.2.3/')).status).toBe(200)
  expect(await failureOf(ask('http://models.example/'))).toMatch(/AI_OPS_EGRESS_ALLOW/)
  expect(await failureOf(ask('http://metadata.google.internal/'))).toMatch(/never asked/)
  expect(await failureOf(ask('http://169.254.169.254/'))).toMatch(/never asked/)
  expect(seen).toHaveLength(2)
})

test('[S4] with a list, a name counts by what it resolves to, and that is asked', async () => {
  const url = await listen((_request, response) => response.end('hello'))
  let resolved = 0
  const lookup = ((_host: string, _options: object, done: (...given: unknown[]) => void) => {
    resolved += 1
    // Loopback the first time, metadata afterwards: whoever asks twice is fooled.
    done(null, [{ address: resolved === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
  }) as typeof systemLookup
  const named = url.replace('127.0.0.1', 'models.test')
  const listed = createEgressRules(['127.0.0.0/8'])
  const ask = outbound({ lookup, egress: listed }).fetchFor({ verifyTls: true })
  expect(await (await ask(named)).text()).toBe('hello')
  expect(resolved).toBe(1)
  const others = createEgressRules(['10.0.0.0/8'])
  const refused = outbound({ egress: others }).fetchFor({ verifyTls: true })
  expect(await failureOf(refused(url.replace('127.0.0.1', 'localhost')))).toMatch(
    /AI_OPS_EGRESS_ALLOW/
  )
})

test.each([
  ['for another host', FOREIGN_CERTIFICATE],
  ['expired', EXPIRED_CERTIFICATE],
  ['of a private authority', SIGNED_CERTIFICATE]
])(
  '[S5] with NODE_EXTRA_CA_CERTS a certificate %s is judged by its authority',
  async (name, certificate) => {
    const port = await listenTls(certificate)
    const directory = await mkdtemp(join(tmpdir(), 'authority-'))
    const file = join(directory, 'authority.pem')
    await writeFile(file, TEST_AUTHORITY)
    const script = `
    import { createOutbound, describeFailure } from ${JSON.stringify(OUTBOUND)}
    const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1000 })
    const said = await outbound.fetchFor({ verifyTls: true })('https://127.0.0.1:${port}/')
      .then((answer) => answer.text(), (error) => describeFailure(error))
    process.stdout.write(String(said))
    await outbound.close()`
    const child = startProcess({
      command: process.execPath,
      args: ['--input-type=module', '--eval', script],
      env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: file }
    })
    await child.exited
    const expected: Readonly<Record<string, string>> = {
      'for another host': 'its TLS certificate is for another host name',
      expired: 'its TLS certificate has expired',
      'of a private authority': 'ok'
    }
    expect(child.output()).toContain(expected[name])
    await rm(directory, { recursive: true })
  }
)

test('gives up a connection that is not made in time', async () => {
  const ask = outbound({ connectTimeoutMs: 100 }).fetchFor({ verifyTls: true })
  // TEST-NET-1: nobody answers there; where a firewall refuses, the refusal is the answer.
  const failure = await failureOf(ask('http://192.0.2.1/'))
  expect(failure).toMatch(/took too long|refused|cannot be reached/)
})

test('checks certificates unless told not to', async () => {
  const server = createTlsServer(LOOPBACK_CERTIFICATE, (_request, response) => response.end('ok'))
  open.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const made = outbound()
  expect(await failureOf(made.fetchFor({ verifyTls: true })(url))).toBe(
    'its TLS certificate is self-signed'
  )
  const response = await made.fetchFor({ verifyTls: false })(url)
  expect(await response.text()).toBe('ok')
})

test('is closed for good', async () => {
  const closed = outbound()
  await closed.close()
  await expect(closed.fetchFor({ verifyTls: true })('http://127.0.0.1:8/')).rejects.toThrow()
})

test('[S5] asks nobody without TLS verification where the environment forbids it', async () => {
  let asked = 0
  const url = await listen((_request, response) => {
    asked += 1
    response.end()
  })
  const strict = outbound({ mustVerifyTls: true })

  expect(await failureOf(strict.fetchFor({ verifyTls: false })(url))).toBe(
    'it turns TLS verification off, which this environment does not allow'
  )
  expect(asked).toBe(0)
  expect((await strict.fetchFor({ verifyTls: true })(url)).status).toBe(200)
})
