import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const START_MS = 30_000
const JSON_TYPE = { 'content-type': 'application/json' }

/** One process under measurement, and how to ask it. */
export interface Side {
  readonly name: string
  readonly url: string
  readonly chatPath: string
  readonly child: ChildProcess
  /** Of a request of this user. */
  headers(user: number): Readonly<Record<string, string>>
  /** CPU used since its start, ms. */
  cpuMs(): Promise<number>
}

type Env = Readonly<Record<string, string>>

/** A bench side from `sides/`. */
export async function startSide(name: string, file: string, env: Env): Promise<Side> {
  const { child, url } = await start(['node', join(import.meta.dirname, 'sides', file)], env)
  const cpuMs = async () => {
    const { cpuMs: used } = (await (await fetch(`${url}/cpu`)).json()) as { cpuMs: number }
    return used
  }
  return { name, url, chatPath: '/chat', child, headers: () => JSON_TYPE, cpuMs }
}

/** The product as it ships, with nothing switched off and its limits out of the way. */
export async function startProduct(
  name: string,
  env: Env,
  tokenOf: (user: number) => string
): Promise<Side> {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const { child, url } = await start(['node', main], {
    AI_OPS_ENV: 'LAB',
    PORT: '0',
    LOG_LEVEL: 'info',
    AI_OPS_MAX_RUNS: '10000',
    AI_OPS_RATE_LIMIT_PER_MINUTE: '1000000',
    ...env
  })
  const cpuMs = async () => 1_000 * (await metric(url, 'process_cpu_seconds_total'))
  const headers = (user: number) => ({ ...JSON_TYPE, authorization: `Bearer ${tokenOf(user)}` })
  return { name, url, chatPath: '/api/v1/chat', child, headers, cpuMs }
}

/** Sum of a metric's series at `/metrics`. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const series = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function start(
  [command = '', ...args]: readonly string[],
  env: Env
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const deadline = setTimeout(() => child.kill(), START_MS)
  for await (const line of createInterface({ input: child.stdout })) {
    const address = addressIn(line)
    if (!address) continue
    clearTimeout(deadline)
    child.stdout.resume()
    return { child, url: address }
  }
  throw new Error(`${args.at(-1)} ended before it listened`)
}

function addressIn(line: string): string | undefined {
  try {
    return JSON.parse(line).address
  } catch {
    return undefined
  }
}

export async function stopSide({ child }: Side): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
