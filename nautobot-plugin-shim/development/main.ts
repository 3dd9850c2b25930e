// `npm run nautobot`: a real Nautobot with the app, the sample network and, beside it, the sidecar. Ctrl-C ends all of it.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { firstFreePort } from '../../test/support/ports.ts'
import type { RunningProcess } from '../../test/support/processes.ts'
import { type RunningNautobot, startNautobot } from './nautobot.ts'
import { sidecarEnvironment, startSidecar } from './sidecar.ts'

const NAUTOBOT_PORT = 8090
const SIDECAR_PORT = 3900

const USAGE = `npm run nautobot -- [options]
  --port <number>          Nautobot's port; default: 8090 or the next free one
  --sidecar-port <number>  the sidecar's port; default: 3900 or the next free one
  --without-sidecar        start Nautobot alone
  --worker                 start a Celery worker too: Jobs, webhooks and bulk edit need one
  --log                    show Nautobot's log, and its worker's`

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string' },
    'sidecar-port': { type: 'string' },
    'without-sidecar': { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

async function choosePort(flag: string | undefined, usual: () => Promise<number>): Promise<number> {
  if (flag === undefined) return usual()
  if (!/^\d{1,5}$/.test(flag)) throw new Error(`${flag} is not a port number.\n${USAGE}`)
  return Number(flag)
}

// Without a sidecar of its own, Nautobot expects one where `npm start` puts it.
async function usualSidecarPort(): Promise<number> {
  return flags['without-sidecar'] ? SIDECAR_PORT : firstFreePort(SIDECAR_PORT)
}

function showLog(name: string): { onLine?: (line: string) => void } {
  return flags.log ? { onLine: (line) => console.log(`[${name}] ${line}`) } : {}
}

async function createPrompt({ url, users }: RunningNautobot): Promise<void> {
  const answer = await fetch(`${url}/api/plugins/ai-ops/system-prompts/`, {
    method: 'POST',
    headers: { authorization: `Token ${users.admin.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Default',
      status: 'Approved',
      text: 'You help network engineers. Be brief.'
    })
  })
  if (!answer.ok) console.log(`The example prompt was not created: ${await answer.text()}`)
}

function describe(nautobot: RunningNautobot, sidecarPort: number): string {
  const rows = Object.values(nautobot.users).map(({ username, password, token, rights }) =>
    [username.padEnd(15), password.padEnd(15), token, rights].join('  ')
  )
  const variables = Object.entries(sidecarEnvironment(nautobot, sidecarPort))
  return [
    '',
    `Nautobot      ${nautobot.url}/  (chat: ${nautobot.url}/plugins/ai-ops/chat/)`,
    `Event Redis   ${nautobot.eventRedisUrl}`,
    '',
    `${'user'.padEnd(15)}  ${'password'.padEnd(15)}  ${'API token'.padEnd(40)}  rights`,
    ...rows,
    '',
    'To start a sidecar for it:',
    `  ${variables.map(([name, value]) => `${name}=${value}`).join(' ')} npm start`,
    '',
    'Each start has a fresh database. Ctrl-C stops everything.',
    ''
  ].join('\n')
}

function showSidecar(nautobot: RunningNautobot, port: number): RunningProcess | undefined {
  if (flags['without-sidecar']) return undefined
  const sidecar = startSidecar(nautobot, port, (line) => console.log(`[sidecar] ${line}`))
  const report = (result: unknown) => console.log(`The sidecar ended: ${result ?? 'by a signal'}.`)
  sidecar.exited.then(report, report)
  return sidecar
}

async function run(): Promise<void> {
  const stopping = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const port = await choosePort(flags.port, () => firstFreePort(NAUTOBOT_PORT))
  const sidecarPort = await choosePort(flags['sidecar-port'], usualSidecarPort)
  const address = `http://127.0.0.1:${sidecarPort}`
  const started = performance.now()
  const starting = startNautobot({
    port,
    pluginConfig: { sidecar_url: address, public_url: address },
    say: (sentence) => console.log(sentence),
    ...showLog('nautobot')
  })
  const nautobot = await Promise.race([starting, stopping.then(() => undefined)])
  // Interrupted while starting: this process ends, and the kernel ends its children with it.
  if (nautobot === undefined) return process.exit(130)
  await createPrompt(nautobot)
  if (flags.worker) await nautobot.startWorker(showLog('worker').onLine)
  console.log(`Nautobot is ready after ${((performance.now() - started) / 1000).toFixed(1)} s.`)
  console.log(describe(nautobot, sidecarPort))
  const sidecar = showSidecar(nautobot, sidecarPort)
  await stopping
  console.log('Stopping.')
  // A second Ctrl-C does not wait.
  process.once('SIGINT', () => process.exit(130))
  await sidecar?.stop()
  await nautobot.stop()
}

if (flags.help) console.log(USAGE)
else await run()
