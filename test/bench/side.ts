import { join } from 'node:path'
import { startProcess } from '../support/processes.ts'

const START_TIMEOUT_MS = 30_000
const ADDRESS = /"address":"([^"]+)"/
const JSON_TYPE = { 'content-type': 'application/json' }

/** One process under measurement, and how to ask it. */
export interface Side {
  readonly name: string
  readonly url: string
  readonly chatPath: string
  stop(): Promise<void>
  /** Of a request of this user. */
  headers(user: number): Readonly<Record<string, string>>
  /** CPU used since its start, ms. */
  cpuMs(): Promise<number>
}

type Env = Readonly<Record<string, string>>

/** A bench side from `sides/`. */
export async function startSide(name: string, file: string, env: Env): Promise<Side> {
  const { url, stop } = await start(join(import.meta.dirname, 'sides', file), env)
  const cpuMs = async () => {
    const { cpuMs: used } = (await (await fetch(`${url}/cpu`)).json()) as { cpuMs: number }
    return used
  }
  return { name, url, chatPath: '/chat', stop, headers: () => JSON_TYPE, cpuMs }
}

/** The product as it ships, with nothing switched off and its limits out of the way. */
export async function startProduct(
  name: string,
  env: Env,
  tokenOf: (user: number) => string
): Promise<Side> {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const { url, stop } = await start(main, {
    AI_OPS_ENV: 'LAB',
    PORT: '0',
    LOG_LEVEL: 'info',
    AI_OPS_MAX_RUNS: '10000',
    AI_OPS_RATE_LIMIT_PER_MINUTE: '1000000',
    ...env
  })
  const cpuMs = async () => 1_000 * (await metric(url, 'process_cpu_seconds_total'))
  const headers = (user: number) => ({ ...JSON_TYPE, authorization: `Bearer ${tokenOf(user)}` })
  return { name, url, chatPath: '/api/v1/chat', stop, headers, cpuMs }
}

/** Sum of a metric's series at `/metrics`. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const series = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function start(file: string, env: Env) {
  const { PATH, HOME } = process.env
  const args = [file]
  const running = startProcess({ command: process.execPath, args, env: { PATH, HOME, ...env } })
  try {
    await running.waitForOutput(ADDRESS, START_TIMEOUT_MS)
  } catch (error) {
    await running.kill()
    throw error
  }
  return { url: ADDRESS.exec(running.output())?.[1] ?? '', stop: running.stop }
}
