import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERROR_KINDS } from '../../src/errors.ts'
import { type RunningProcess, startProcess } from '../support/processes.ts'
import { runSidecar } from './support/sidecar-lab.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const ADDRESS = /"address":"([^"]+)"/
const START_TIMEOUT_MS = 30_000
const BLOCK = /^```(\w+) runnable\n([\s\S]*?)^```$/gm
const COMMANDS: Readonly<Record<string, (text: string) => readonly [string, ...string[]]>> = {
  bash: (text) => ['bash', '-euo', 'pipefail', '-c', text],
  javascript: (text) => [process.execPath, '--input-type=module', '--eval', text],
  python: (text) => ['python3', '-c', text]
}

interface Document {
  readonly path: string
  readonly text: string
}

const documents: Document[] = [
  ...['README.md', 'helm/README.md', 'nautobot-plugin-shim/README.md'],
  ...readdirSync(join(CHECKOUT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
].map((path) => ({ path, text: readFileSync(join(CHECKOUT, path), 'utf8') }))

const blocks = documents.flatMap(({ path, text }) =>
  [...text.matchAll(BLOCK)].map(([, language = '', code = ''], place) => ({
    name: `${path}, ${place + 1}: ${language}`,
    language,
    code
  }))
)

let sidecar: RunningProcess
let address: string

beforeAll(async () => {
  sidecar = runSidecar({})
  // In either order.
  await sidecar.waitForOutput(/ready for questions/, START_TIMEOUT_MS)
  await sidecar.waitForOutput(ADDRESS, START_TIMEOUT_MS)
  address = ADDRESS.exec(sidecar.output())?.[1] ?? ''
})

afterAll(() => sidecar.stop())

test.each(blocks)('what can be run in $name is run, and works', async ({ language, code }) => {
  const [command = '', ...args] = COMMANDS[language]?.(code) ?? []
  const { PATH, HOME } = process.env
  const running = startProcess({
    command,
    args,
    env: { PATH, HOME, SIDECAR: address, OLLAMA_HOST: 'off' },
    cwd: CHECKOUT
  })
  const exitCode = await running.exited
  expect({ exitCode, output: running.output() }).toMatchObject({ exitCode: 0 })
  expect(running.output()).not.toBe('')
})

test('there is something to run in every language', () => {
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(Object.keys(COMMANDS)))
})

test('every link within the repository leads somewhere', () => {
  const dead = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(CHECKOUT, dirname(path), target)))
      .map((target) => `${path} → ${target}`)
  )
  expect(dead).toEqual([])
})

test('troubleshooting names every failure of the service itself, and no code that does not exist', () => {
  const { text = '' } = documents.find(({ path }) => path === 'docs/troubleshooting.md') ?? {}
  const named = new Set(text.match(/(?<=`)[A-Z]+(_[A-Z]+)*(?=`)/g))
  const own = Object.entries(ERROR_KINDS).filter(
    ([, { status }]) => status >= 500 && status !== 501
  )

  expect(own.map(([code]) => code).filter((code) => !named.has(code))).toEqual([])
  const codes = [...named].filter((name) => !/^(AI_OPS|NODE|SECRET)_/.test(name))
  expect(codes.filter((code) => !(code in ERROR_KINDS))).toEqual([])
})

test("[S13] each of OWASP's risks has an answer and tests that show it", () => {
  const { text = '' } = documents.find(({ path }) => path === 'docs/security.md') ?? {}
  const ids = ['LLM', 'ASI'].flatMap((list) =>
    Array.from({ length: 10 }, (_, place) => `${list}${String(place + 1).padStart(2, '0')}`)
  )
  for (const id of ids) {
    const row = text.split('\n').find((line) => line.startsWith(`| ${id} `)) ?? ''
    expect(row, id).toMatch(/\]\(\.\.\/test\/[^)]+\.test\.tsx?\)/)
  }
})
