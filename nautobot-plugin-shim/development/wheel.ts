// `npm run wheel`: the app as a file that pip installs, with the scripts of its pages inside.
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../test/support/processes.ts'
import { ensurePackages } from './packages.ts'
import { CHECKOUT_DIRECTORY, SHIM_DIRECTORY } from './paths.ts'

const TIMEOUT_MS = 300_000
const SCRIPTS = ['chat/chat.js', 'panels/panels.js'].map(
  (name) => `nautobot_ai_ops/static/nautobot_ai_ops/${name}`
)

const { version } = JSON.parse(readFileSync(join(CHECKOUT_DIRECTORY, 'package.json'), 'utf8'))
const project = readFileSync(join(SHIM_DIRECTORY, 'pyproject.toml'), 'utf8')
if (!project.includes(`\nversion = "${version}"\n`)) {
  throw new Error(`pyproject.toml does not say ${version}, the version of the service.`)
}
await ensurePackages(['python3-pip', 'python3-venv'], (sentence) => console.log(sentence))

const folder = await mkdtemp(join(tmpdir(), 'ai-ops-wheel-'))
try {
  // A copy: setuptools writes beside what it builds, and takes files from there that are gone.
  for (const name of ['nautobot_ai_ops', 'pyproject.toml', 'README.md']) {
    await cp(join(SHIM_DIRECTORY, name), join(folder, name), { recursive: true })
  }
  const target = join(SHIM_DIRECTORY, 'dist')
  await rm(target, { recursive: true, force: true })
  const args = ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', target, folder]
  await runCommand({ command: 'python3', args, timeoutMs: TIMEOUT_MS })
  const file = join(target, `nautobot_ai_ops_shim-${version}-py3-none-any.whl`)
  const list = { command: 'python3', args: ['-m', 'zipfile', '--list', file] }
  const content = await runCommand({ ...list, timeoutMs: TIMEOUT_MS })
  for (const script of SCRIPTS) {
    if (!content.includes(script)) throw new Error(`The wheel lacks ${script}.`)
  }
  console.log(`Built ${file}.`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
