import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutputChunk } from 'rolldown'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../../helm/image/bundle.ts'
import { shippedPackages } from '../../../helm/image/licences.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** What is loaded when it is needed, and by nobody else; files of it that a start loads would slow down each start. */
const LATE = [
  'undici',
  '@modelcontextprotocol/client',
  '@opentelemetry/sdk-trace',
  '@langchain/openai'
]

let folder: string
let chunks: OutputChunk[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ai-ops-bundle-'))
  const { output } = await bundle(join(folder, 'src'))
  chunks = output.filter((file) => file.type === 'chunk')
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'))
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

it('holds no package that the list of contents does not name', () => {
  const shipped = shippedPackages(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')))
  const names = new Set([...shipped].map((one) => one.slice(0, one.lastIndexOf('@'))))
  const inside = packagesOf(chunks)

  expect(inside.length).toBeGreaterThan(50)
  expect(inside.filter((name) => !names.has(name))).toEqual([])
})

it('loads late what a start does not need', () => {
  const atStart = packagesOf(loadedBy('main.js'))
  expect(packagesOf(chunks)).toEqual(expect.arrayContaining(LATE))
  expect(LATE.filter((name) => atStart.includes(name))).toEqual([])
})

it('has the explorer of the API with its files, where it looks for them', () => {
  const code = chunks.map((chunk) => chunk.code).join('\n')
  expect(code).toContain('"explorer/lib"), "..", "static")')
  expect(existsSync(join(folder, 'src/explorer/static/swagger-ui-bundle.js'))).toBe(true)
  expect(existsSync(join(folder, 'src/explorer/static/logo.svg'))).toBe(true)
})

it('is loaded by no file that is loaded by itself: it would start the service', () => {
  const importing = chunks.filter(({ imports }) => imports.includes('main.js'))
  expect(importing.map(({ fileName }) => fileName)).toEqual([])
})

it('runs without a folder of packages, and its maps lead to our lines', () => {
  const env = { PATH: process.env.PATH, AI_OPS_ENV: 'LAB', OLLAMA_HOST: 'off' }
  const command = ['src/doctor.js', '--json']
  const findings = JSON.parse(
    execFileSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8' })
  )
  expect(findings).not.toEqual([])
  const map = JSON.parse(readFileSync(join(folder, 'src/doctor.js.map'), 'utf8'))
  expect(map.sources).toContain('src/doctor/examine.ts')
  expect(map.sourcesContent).toBeUndefined()
})

/** A file and what it imports at once, and what that imports. */
function loadedBy(entry: string): OutputChunk[] {
  const found = new Set<string>()
  const open = [entry]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue
    found.add(next)
    open.push(...(chunks.find(({ fileName }) => fileName === next)?.imports ?? []))
  }
  return chunks.filter(({ fileName }) => found.has(fileName))
}

function packagesOf(some: readonly OutputChunk[]): string[] {
  const files = some.flatMap(({ modules }) => Object.keys(modules))
  const names = files
    .filter((file) => file.includes('node_modules/'))
    .map((file) => file.split('node_modules/').at(-1)?.split('/') ?? [])
    .map(([first = '', second]) => (first.startsWith('@') ? `${first}/${second}` : first))
  return [...new Set(names)].sort()
}
