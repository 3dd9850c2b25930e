import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createSampleNautobot } from '../../src/lab/sample-nautobot.ts'
import { Secret } from '../../src/platform/secret.ts'
import { startProcess } from '../support/processes.ts'
import type { Service } from './asking.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const READY_LINE = /^\{.*"address":"([^"]+)".*\}$/m
const START_TIMEOUT_MS = 30_000
/** Which model is asked: the service's own variables. */
const MODEL_VARIABLES =
  /^(?:AZURE_OPENAI_|OPENAI_|OLLAMA_|HTTPS?_PROXY$|NO_PROXY$|NODE_EXTRA_CA_CERTS$)/

export interface World extends Service {
  stop(): Promise<void>
}

/** The service in LAB before a sample Nautobot with two users, and the model that the environment describes. */
export async function startWorld(
  environment: Readonly<Record<string, string | undefined>>,
  model: string | undefined
): Promise<World> {
  const [service, lab, restricted] = Array.from({ length: 3 }, () =>
    randomBytes(20).toString('hex')
  ) as [string, string, string]
  const sample = createSampleNautobot({
    serviceToken: new Secret(service),
    labToken: new Secret(lab),
    restrictedToken: new Secret(restricted)
  })
  const { url: nautobotUrl } = await sample.listen()
  const given = Object.entries(environment).filter(([name]) => MODEL_VARIABLES.test(name))
  const running = startProcess({
    command: process.execPath,
    args: [join(CHECKOUT, 'src/main.ts')],
    env: {
      PATH: environment.PATH ?? '',
      HOME: environment.HOME ?? '',
      ...Object.fromEntries(given),
      AI_OPS_ENV: 'LAB',
      PORT: '0',
      NAUTOBOT_URL: nautobotUrl,
      NAUTOBOT_TOKEN: service
    },
    cwd: CHECKOUT
  })
  const stop = async () => {
    await running.stop()
    await sample.close()
  }
  try {
    await running.waitForOutput(READY_LINE, START_TIMEOUT_MS)
  } catch (error) {
    await stop()
    throw error
  }
  const url = READY_LINE.exec(running.output())?.[1] ?? ''
  return { url, tokens: { lab, restricted }, model, stop }
}
