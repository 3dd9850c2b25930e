import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  CHECKOUT_DIRECTORY,
  cacheDirectory,
  SHIM_DIRECTORY
} from '../../nautobot-plugin-shim/development/paths.ts'

const run = promisify(execFile)
const DOCKERFILE = join(SHIM_DIRECTORY, 'Dockerfile')
const CONFIG = join(CHECKOUT_DIRECTORY, 'docs/compose/nautobot_config.py')
const PATIENCE_MS = 300_000

/** A Nautobot without the app, as the base of the Dockerfile is one; its own place, because the app is installed into it. */
let nautobot: string
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(cacheDirectory(), 'image-'))
  nautobot = join(folder, 'venv')
  // Hard links: half a gigabyte that pip does not change.
  await run('cp', ['-al', join(cacheDirectory(), 'venv'), nautobot])
  await run('npm', ['run', 'wheel'], { cwd: CHECKOUT_DIRECTORY })
  await mkdir(join(folder, 'wheel'))
  await cp(join(SHIM_DIRECTORY, 'dist'), join(folder, 'wheel'), { recursive: true })
  await mkdir(join(folder, 'bin'))
  // Programs of the copy would start the Python that they were made for.
  await program('pip', '-m pip')
  await program('nautobot-server', join(nautobot, 'bin/nautobot-server'))
}, PATIENCE_MS)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, what: string): Promise<void> {
  const file = join(folder, 'bin', name)
  await writeFile(file, `#!/bin/sh\nexec ${join(nautobot, 'bin/python')} ${what} "$@"\n`)
  await chmod(file, 0o755)
}

async function shell(line: string): Promise<string> {
  const env = {
    PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
    HOME: folder,
    NAUTOBOT_CONFIG: CONFIG,
    NAUTOBOT_SECRET_KEY: 'a key of at least fifty characters that nobody else has at all',
    AI_OPS_SIDECAR_URL: 'http://ai-ops:3900',
    AI_OPS_PUBLIC_URL: 'http://localhost:3900',
    AI_OPS_EVENT_REDIS_URL: 'redis://ai-ops-redis:6379'
  }
  const { stdout } = await run('sh', ['-e', '-c', line], { cwd: folder, env })
  return stdout
}

it(
  "installs the wheel as the app's Dockerfile does, and Nautobot takes the app with its pages",
  async () => {
    const text = await readFile(DOCKERFILE, 'utf8')
    expect(text).toContain('COPY dist/nautobot_ai_ops_shim-*.whl /tmp/wheel/')
    const [, line = ''] = /^RUN (.+)$/m.exec(text) ?? []
    expect(text.match(/^RUN /gm)).toHaveLength(1)

    expect(await shell(line.replaceAll('/tmp/wheel', join(folder, 'wheel')))).toContain(
      'No broken requirements found.'
    )
    expect(await shell('nautobot-server check')).toContain('no issues')
    const found = await shell(
      'nautobot-server findstatic nautobot_ai_ops/chat/chat.js nautobot_ai_ops/panels/panels.js'
    )
    expect(found.match(new RegExp(`${nautobot}/lib/`, 'g'))).toHaveLength(2)
  },
  PATIENCE_MS
)
