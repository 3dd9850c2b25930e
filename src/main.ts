import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from './app.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { endEarlyStop } from './platform/early-stop.ts'
import { createLogger } from './platform/logger.ts'
import { createServices } from './services.ts'

const CLOSE_TIMEOUT_MS = 5_000
const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; set PORT to another one',
  EADDRNOTAVAIL: 'this machine has no such address; set HOST to another one',
  EACCES: 'this port is for privileged users; set PORT to another one'
}

// LangChain would send questions and answers to a third party when these are set, past every rule of ours.
for (const name of ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2']) {
  process.env[name] = 'false'
}
const config = readConfig()
const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
) as { version: string }
/** At a terminal sits a person, who reads sentences; whoever sets LOG_LEVEL wants the log too. */
const isTerminal = process.stdout.isTTY
const isLogWanted = !isTerminal || Boolean(process.env.LOG_LEVEL?.trim())
const logger = createLogger({ level: isLogWanted ? config.logLevel : 'warn', version })
const services = await createServices({ config, logger, version })
const app = await buildApp({
  ...services.app,
  environment: config.environment,
  version,
  host: config.host,
  allowedHosts: config.allowedHosts,
  nautobotPublicUrl: config.nautobot?.publicUrl,
  webRoot: join(import.meta.dirname, 'web/dist'),
  trustedProxies: config.trustedProxies,
  heartbeatMs: config.limits.heartbeatMs,
  rateLimitPerMinute: config.limits.rateLimitPerMinute,
  logger
})

endEarlyStop()
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void shutDown(signal))
const address = await listen()
announce(address)
// 0.4 s of code that a start does not need and the first question would wait for.
services
  .warmUp()
  .catch((err: unknown) => logger.warn({ err }, 'the model client could not be loaded'))

/** The environment, or an exit that names everything wrong with it. */
function readConfig(): Config {
  try {
    return loadConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** The address, or an exit that says why there is none. */
async function listen(): Promise<string> {
  const { host, port } = config
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const why = LISTEN_FAILURES[code] ?? (error as Error).message
    process.stderr.write(`Cannot listen on ${host}, port ${port}: ${why}.\n`)
    process.exit(1)
  }
}

function announce(address: string): void {
  const sentences = [...services.embedded, ...config.warnings]
  const { nautobot, environment } = config
  const chat = nautobot ? `${nautobot.publicUrl}/plugins/ai-ops/chat/` : `${address}/`
  const explorer = `${address}/docs`
  if (isTerminal) {
    const lines = [`Chat at ${chat}`, `API explorer at ${explorer}`, '', ...sentences]
    process.stdout.write(`\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n\n`)
  }
  if (!isLogWanted) return
  for (const sentence of sentences) logger.warn(sentence)
  logger.info({ address, environment, chat, explorer }, `Chat at ${chat}`)
}

/** Unready, no new runs, a deadline for running ones; then everything closes. A second signal ends at once. */
async function shutDown(signal: string): Promise<void> {
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  logger.info({ signal }, 'shutting down')
  await services.drain(config.limits.drainMs)
  // Whatever still hangs after its own deadlines is cut: the process must not wait for it.
  setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref()
  await app.close()
  await services.close()
  logger.info('closed')
}
