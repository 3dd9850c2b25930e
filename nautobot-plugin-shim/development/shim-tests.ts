// `npm run test:shim`: the app's own tests in a real Nautobot, and its linter. Arguments are passed on to the test runner.
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, startProcess } from '../../test/support/processes.ts'
import { DATABASE_NAME, type Instance, startInstance } from './instance.ts'
import { DEVELOPMENT_DIRECTORY, SHIM_DIRECTORY } from './paths.ts'
import { timed } from './say.ts'
import { copyTemplate } from './templates.ts'
import { ensureToolchain, type Toolchain } from './toolchain.ts'

const say = (sentence: string) => console.log(sentence)
const show = (line: string) => console.log(line)

async function runRuff(toolchain: Toolchain, args: string[]): Promise<boolean> {
  // The app's settings hold for the development files too; named one by one they are checked although the app excludes them.
  const all = readdirSync(DEVELOPMENT_DIRECTORY, { recursive: true, encoding: 'utf8' })
  const files = all.filter((name) => name.endsWith('.py'))
  const ruff = startProcess({
    command: join(toolchain.venvDirectory, 'ruff'),
    args: [...args, '.', ...files.map((name) => join('development', name))],
    cwd: SHIM_DIRECTORY,
    onLine: show
  })
  return (await ruff.exited) === 0
}

async function runTests(instance: Instance, args: string[]): Promise<boolean> {
  // Django's runner looks for this name; with --keepdb it only adds the app's tables to it.
  await instance.cluster.execute(`CREATE DATABASE test_${DATABASE_NAME} TEMPLATE ${DATABASE_NAME}`)
  const tests = startProcess({
    command: 'nautobot-server',
    args: ['test', 'nautobot_ai_ops', '--keepdb', '--noinput', ...args],
    env: {
      ...instance.environment,
      NAUTOBOT_CONFIG: join(DEVELOPMENT_DIRECTORY, 'test_config.py')
    },
    cwd: SHIM_DIRECTORY,
    stopSignal: 'SIGINT',
    onLine: show
  })
  const passed = (await tests.exited) === 0
  const count = /^Ran \d+ tests?/m.exec(tests.output())
  if (passed && count === null) throw new CommandError('the test runner did not say what it ran')
  return passed
}

async function testShim(toolchain: Toolchain, args: string[]): Promise<boolean> {
  const directory = await copyTemplate('empty', toolchain, say)
  try {
    const pluginConfig = { sidecar_url: 'http://127.0.0.1:3900', event_redis_url: null }
    const instance = await startInstance({ toolchain, directory, withShim: true, pluginConfig })
    return await runTests(instance, args).finally(() => instance.stop())
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function run(): Promise<void> {
  const toolchain = await ensureToolchain(say)
  const linted = await runRuff(toolchain, ['check'])
  const formatted = await runRuff(toolchain, ['format', '--check'])
  const passed = await timed(say, 'Tested', () => testShim(toolchain, process.argv.slice(2)))
  const results = Object.entries({ 'ruff check': linted, 'ruff format': formatted, tests: passed })
  const failed = results.filter(([, ok]) => !ok).map(([name]) => name)
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}.`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

await run()
