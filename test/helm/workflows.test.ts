import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { ensureCheckJsonschema, ensureZizmor } from './support/judges.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.github')

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>
}

/** By their names in the tool, which brings them. */
const SCHEMAS = [
  ['vendor.github-workflows', 'workflows/ci.yml'],
  ['vendor.dependabot', 'dependabot.yml']
] as const

let zizmor: string
let checkJsonschema: string

beforeAll(async () => {
  zizmor = await ensureZizmor()
  checkJsonschema = await ensureCheckJsonschema()
}, 300_000)

/** What is wrong with a folder of GitHub's settings; empty when nothing is. */
async function judged(folder: string): Promise<string> {
  const strict = ['--strict-collection', '--persona', 'pedantic']
  const faults = [await faultsOf(zizmor, ['--offline', '--no-progress', ...strict, folder])]
  for (const [schema, file] of SCHEMAS) {
    const args = ['--builtin-schema', schema, join(folder, file)]
    faults.push(await faultsOf(checkJsonschema, args))
  }
  return faults.join('')
}

function faultsOf(command: string, args: readonly string[]): Promise<string> {
  return run(command, args).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr
  )
}

it('is what GitHub takes, with no more rights than it needs and every action pinned', async () => {
  expect(await judged(FOLDER)).toBe('')
})

it.each([
  ['a misspelt field', 'workflows/ci.yml', 'timeout-minutes: 15', 'timeout-minuts: 15'],
  ['an action that somebody could change', 'workflows/ci.yml', /checkout@\w+/, 'checkout@v7'],
  ['more rights than needed', 'workflows/ci.yml', 'permissions: {}', 'permissions: write-all'],
  ['an interval that does not exist', 'dependabot.yml', 'weekly', 'wekly']
])('is judged by one that sees %s', async (_what, name, good, bad) => {
  const place = await mkdtemp(join(tmpdir(), 'ai-ops-workflows-'))
  onTestFinished(() => rm(place, { recursive: true }))
  await cp(FOLDER, join(place, '.github'), { recursive: true })
  const file = join(place, '.github', name)
  const text = await readFile(file, 'utf8')
  expect(text).toMatch(good)
  await writeFile(file, text.replace(good, bad))

  expect(await judged(join(place, '.github'))).not.toBe('')
})

it('runs scripts that exist, over files that exist', async () => {
  const { jobs } = parse(await readFile(join(FOLDER, 'workflows/ci.yml'), 'utf8')) as Workflow
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.map((step) => step.run ?? ''))
  const scripts = commands.flatMap((command) =>
    [...command.matchAll(/npm run (\S+)/g)].map(([, name = '']) => name)
  )
  const files = commands.flatMap((command) => /--requirement (\S+)/.exec(command)?.[1] ?? [])
  const known = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).scripts

  expect(scripts).toEqual(['build', 'test:integration', 'test:image', 'audit'])
  expect(scripts.filter((script) => !(script in known))).toEqual([])
  expect(files).toHaveLength(1)
  for (const file of files) expect(await readFile(join(ROOT, file), 'utf8')).toContain('nautobot==')
})
