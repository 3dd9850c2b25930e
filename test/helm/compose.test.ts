import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { environmentSchema } from '../../src/config-schema.ts'
import { ensureComposeSpec } from './support/judges.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const FILE = join(ROOT, 'docs/compose/docker-compose.yml')
const JUDGE = `
import sys
from compose_spec import PyOptions
options = PyOptions()
options.apply_merge = True
compose = options.from_yaml(open(sys.argv[1]).read())
compose.validate()
`

let python: string

beforeAll(async () => {
  python = await ensureComposeSpec()
}, 300_000)

/** What is wrong with a file; empty when nothing is. */
async function judged(text: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'ai-ops-compose-'))
  onTestFinished(() => rm(place, { recursive: true }))
  const file = join(place, 'docker-compose.yml')
  await writeFile(file, text)
  return run(python, ['-c', JUDGE, file]).then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr
  )
}

it('is what Compose takes', async () => {
  expect(await judged(await readFile(FILE, 'utf8'))).toBe('')
})

it.each([
  ['a misspelt field', 'read_only: true', 'raed_only: true'],
  ['a condition that does not exist', 'service_healthy', 'service_helthy']
])('is judged by one that sees %s', async (_what, good, bad) => {
  const text = await readFile(FILE, 'utf8')
  expect(text).toContain(good)
  expect(await judged(text.replace(good, bad))).not.toBe('')
})

it('declares the volumes and the services that it names', async () => {
  const { services, volumes } = parse(await readFile(FILE, 'utf8'), { merge: true })
  const all = Object.values<{ volumes?: string[]; depends_on?: object }>(services)
  const mounted = all.flatMap((service) => (service.volumes ?? []).map((at) => at.split(':')[0]))
  const needed = all.flatMap(({ depends_on: others = {} }) => Object.keys(others))

  expect(mounted.filter((name) => !name?.startsWith('.')).sort()).toEqual(
    Object.keys(volumes).sort()
  )
  expect(needed.filter((name) => !(name in services))).toEqual([])
})

it('gives the service an environment that it starts with', async () => {
  const { services } = parse(await readFile(FILE, 'utf8'), { merge: true })
  const filled = Object.entries<string>(services['ai-ops'].environment).map(
    ([name, value]) =>
      [name, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{[^}]*\}/g, 'x')] as const
  )
  expect(loadConfig(Object.fromEntries(filled))).toMatchObject({ environment: 'NONPROD' })
})

it('sets only variables that somebody reads', async () => {
  const { services } = parse(await readFile(FILE, 'utf8'), { merge: true })
  const ours = Object.keys(services['ai-ops'].environment)
  expect(ours.filter((name) => !(name in environmentSchema.shape))).toEqual([])

  const configuration = await readFile(join(ROOT, 'docs/compose/nautobot_config.py'), 'utf8')
  const read = [...configuration.matchAll(/os\.environ\["(\w+)"\]/g)].map(([, name = '']) => name)
  for (const name of ['nautobot', 'worker']) {
    const set = Object.keys(services[name].environment)
    expect(set).toEqual(expect.arrayContaining(read))
    expect(set.filter((one) => one.startsWith('AI_OPS_') && !read.includes(one))).toEqual([])
  }
})

it('reaches the service where its image listens, and gives it the time that a drain takes', async () => {
  const { services } = parse(await readFile(FILE, 'utf8'), { merge: true })
  const image = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
  const port = /\bPORT=(\d+)/.exec(image)?.[1]
  const { ports, stop_grace_period: grace } = services['ai-ops']

  expect(ports).toEqual([`127.0.0.1:${port}:${port}`])
  expect(image).toContain(`EXPOSE ${port}`)
  expect(services.nautobot.environment.AI_OPS_SIDECAR_URL).toBe(`http://ai-ops:${port}`)
  expect(image).toMatch(/^HEALTHCHECK /m)
  const { drainMs } = loadConfig({}).limits
  expect(Number.parseInt(grace, 10) * 1_000).toBeGreaterThan(drainMs)
})
