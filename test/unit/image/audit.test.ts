import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const AUDIT = '/-/npm/v1/security/advisories/bulk'
const PATIENCE_MS = 60_000
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, { version: string; integrity?: string; resolved?: string }>>
}

/** A registry that knows one vulnerability, or none of audits. */
async function startRegistry(known: object | undefined): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') return answer(response, 200, packument(request.url ?? ''))
    if (known && request.url === AUDIT) return answer(response, 200, known)
    answer(response, 405, {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function packument(path: string) {
  const name = decodeURIComponent(path.slice(1))
  const version = versionOf(name)
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version } } }
}

const versionOf = (name: string) => packages[`node_modules/${name}`]?.version ?? '1.0.0'

function advisory(name: string, severity: string) {
  const rest = { id: 1, url: 'https://example.com/1', title: 'A hole', cwe: [], cvss: {} }
  return { [name]: [{ ...rest, severity, vulnerable_versions: '*' }] }
}

async function audit(registry: string): Promise<{ code: number; text: string }> {
  // npm keeps what it has heard of vulnerabilities.
  const cache = await mkdtemp(join(tmpdir(), 'ai-ops-audit-'))
  onTestFinished(() => rm(cache, { recursive: true, force: true }))
  const args = [
    'helm/image/audit.ts',
    '--registry',
    registry,
    '--fetch-retries',
    '0',
    '--cache',
    cache
  ]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, text) =>
      resolve({ code: error ? Number(error.code) : 0, text })
    )
  })
}

it.each([
  ['what is shipped', 'fastify', 'high', 1],
  ["what is in the chat's script", 'react', 'critical', 1],
  ['what is shipped, but not badly', 'fastify', 'moderate', 0]
])(
  'names a vulnerability of %s',
  async (_what, name, severity, expected) => {
    const { code, text } = await audit(await startRegistry(advisory(name, severity)))
    expect(text).toContain(`${severity}: ${name} ${versionOf(name)}`)
    expect(code).toBe(expected)
  },
  PATIENCE_MS
)

it(
  'lets a tool of the build pass that nobody gets',
  async () => {
    const { code, text } = await audit(await startRegistry(advisory('jsdom', 'critical')))
    expect(text).toMatch(/^\d+ packages are shipped; 0 have known vulnerabilities/)
    expect(code).toBe(0)
  },
  PATIENCE_MS
)

it(
  'says that nothing is known where the registry has no audits',
  async () => {
    const { code, text } = await audit(await startRegistry(undefined))
    expect(text).toMatch(/Nothing is known: .*405[\s\S]*--registry/)
    expect(code).toBe(2)
  },
  PATIENCE_MS
)

it('has of every locked package where it comes from and what it has to be, to the bit', () => {
  const foreign = Object.entries(packages)
    .filter(([path]) => path !== '')
    .filter(([, { integrity = '', resolved }]) => {
      const isOurs = resolved === undefined || resolved.startsWith('https://registry.npmjs.org/')
      return !isOurs || !integrity.startsWith('sha512-')
    })
  expect(foreign).toEqual([])
})
