import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { prepareSurroundings, type Surroundings } from '../services/surroundings.ts'
import { connectNautobot } from '../services/ways.ts'
import { examineCatalog } from './catalog.ts'
import { examineEnvironment } from './environment.ts'
import { type Finding, ok, stateOf, within } from './finding.ts'
import { examineNautobot } from './nautobot.ts'
import { examineRedis } from './redis.ts'
import { examineWay } from './way.ts'

const CHECK_TIMEOUT_MS = 10_000
/** Nautobot may have to start its workers first, and is asked a score of small things. */
const NAUTOBOT_TIMEOUT_MS = 60_000

export interface ExamineOptions {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Of this service. */
  readonly version: string
}

/**
 * Looks at everything the service needs, as the service would find it, and changes nothing that stays. What depends on
 * something that is broken is not looked at. Each part has its own limit of time; nothing rejects.
 */
export async function examine({ variables, version }: ExamineOptions): Promise<Finding[]> {
  const { config, findings } = await examineEnvironment(variables)
  if (!config) return [...findings]
  const surroundings = await prepareSurroundings(config)
  try {
    const [redis, nautobot] = await Promise.all([
      within('redis', CHECK_TIMEOUT_MS, (signal) => examineRedis(config, signal)),
      examineFromNautobot({ config, surroundings, version })
    ])
    return [...findings, ...redis, ...nautobot]
  } finally {
    await surroundings.close()
  }
}

interface Parts {
  readonly config: Config
  readonly surroundings: Surroundings
  readonly version: string
}

/** Nautobot, and what is configured in it: without the one, nothing is known of the other. */
async function examineFromNautobot(parts: Parts): Promise<Finding[]> {
  const { config, surroundings } = parts
  const client = connectNautobot(config, surroundings)
  try {
    const findings = config.nautobot
      ? await examineOwn(parts, config.nautobot.url, client)
      : surroundings.embedded.map((sentence) => ok('sample', sentence))
    if (stateOf(findings.filter(({ check }) => check !== 'rights')) === 'fail') return findings
    return [...findings, ...(await examineCatalog({ config, surroundings, client }))]
  } finally {
    client.close()
  }
}

async function examineOwn(
  { config, surroundings, version }: Parts,
  url: string,
  client: ReturnType<typeof connectNautobot>
): Promise<Finding[]> {
  const way = await within('nautobot', CHECK_TIMEOUT_MS, (signal) =>
    examineWay(url, config, signal)
  )
  if (stateOf(way) === 'fail') return way
  const found = await within('nautobot', NAUTOBOT_TIMEOUT_MS, (signal) => {
    const { token } = surroundings.nautobot
    const call = { token, signal, correlationId: `doctor-${randomUUID()}` }
    return examineNautobot({ client, call, version })
  })
  return [...way, ...found]
}
