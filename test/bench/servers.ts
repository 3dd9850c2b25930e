import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../support/redis.ts'
import { ask, askMany, median } from './load.ts'
import { metric, type Side, startProduct, startSide } from './side.ts'
import { type Finding, round } from './targets.ts'

const SERVERS = 100
const TOOLS = 20
/** Of the servers that are down, half hang and half answer 502. */
const DOWN = 33
const TURNS = 40
const USERS = 20
const SHORT = { tokens: 1, tokenMs: 0 }
/** Lists of servers that cannot be asked come in behind the first question. */
const SETTLED_MS = 60_000
/** What the first question is behind readiness where it does not come at once. */
const LATER_MS = 5_000
const POLL_MS = 200

interface Figures {
  readonly readyMs: number
  readonly firstQuestionMs: number
  readonly warmMs: number
  readonly cpuMsPerTurn: number
  readonly connections: number
  readonly memoryMib: number
}

/** 100 MCP servers of 20 tools, beside none, and with a third of them down. */
export async function measureServers(rounds: number): Promise<Finding[]> {
  const cases = [
    { name: 'no MCP servers', servers: 0, down: 0, waitMs: 0 },
    { name: `${SERVERS} servers × ${TOOLS} tools`, servers: SERVERS, down: 0, waitMs: 0 },
    { name: `the same, ${DOWN} of them down`, servers: SERVERS, down: DOWN, waitMs: 0 },
    { name: `all up, asked ${LATER_MS} ms later`, servers: SERVERS, down: 0, waitMs: LATER_MS },
    { name: `${DOWN} down, asked later`, servers: SERVERS, down: DOWN, waitMs: LATER_MS }
  ]
  const measured = cases.map((one) => ({ ...one, rounds: [] as Figures[] }))
  for (let done = 0; done < rounds; done += 1) {
    for (const one of measured) one.rounds.push(await measureOnce(one))
  }
  const of = (at: number, key: keyof Figures) =>
    median((measured[at]?.rounds ?? []).map((figures) => figures[key]))
  console.log(`\nMCP servers, median of ${rounds} starts, ${TURNS} warm questions each`)
  console.table(
    measured.map(({ name }, at) => ({
      side: name,
      'start to ready ms': round(of(at, 'readyMs')),
      'first question, first text ms': round(of(at, 'firstQuestionMs')),
      'warm question, first text ms': round(of(at, 'warmMs')),
      'CPU ms per turn': round(of(at, 'cpuMsPerTurn')),
      connections: of(at, 'connections'),
      'memory MiB': round(of(at, 'memoryMib'))
    }))
  )
  const perConnection = (of(1, 'memoryMib') - of(0, 'memoryMib')) / of(1, 'connections')
  console.log(`Memory of an idle connection with its ${TOOLS} tools: ${round(perConnection)} MiB`)
  return [
    { id: 'servers', value: of(1, 'warmMs') - of(0, 'warmMs') },
    { id: 'dead servers', value: of(2, 'warmMs') - of(1, 'warmMs') }
  ]
}

interface Case {
  readonly servers: number
  readonly down: number
  /** From readiness to the first question. */
  readonly waitMs: number
}

async function measureOnce({ servers, down, waitMs }: Case): Promise<Figures> {
  const undo: (() => Promise<unknown>)[] = []
  const kept = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting
    undo.push(started.stop)
    return started
  }
  try {
    const model = await kept(startSide('model', 'model.ts', {}))
    const hanging = Math.ceil(down / 2)
    const failing = down - hanging
    const plants = { TOOLS: `${TOOLS}`, HANGING: `${hanging}`, FAILING: `${failing}` }
    const mcp = await kept(startSide('MCP servers', 'mcp-servers.ts', plants))
    const list = { MCP_SERVERS_URL: mcp.url, MCP_SERVERS: `${servers}` }
    const nautobot = await kept(startSide('nautobot', 'nautobot.ts', list))
    const redis = await kept(startRedis())
    return await measureProduct(
      { modelUrl: model.url, nautobotUrl: nautobot.url, redisUrl: redis.url },
      kept,
      { alive: servers - down, waitMs }
    )
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
}

async function measureProduct(
  urls: { modelUrl: string; nautobotUrl: string; redisUrl: string },
  kept: (starting: Promise<Side>) => Promise<Side>,
  { alive, waitMs }: { readonly alive: number; readonly waitMs: number }
): Promise<Figures> {
  const json = async (path: string, init?: RequestInit) =>
    (await fetch(urls.nautobotUrl + path, init)).json()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ count: USERS })
  const sessions = (await json('/sessions', { method: 'POST', headers, body })) as string[]
  const { token } = (await json('/service-token')) as { token: string }
  const env = {
    NAUTOBOT_URL: urls.nautobotUrl,
    NAUTOBOT_TOKEN: token,
    OPENAI_BASE_URL: `${urls.modelUrl}/v1`,
    OPENAI_MODEL: 'bench',
    OPENAI_API_KEY: 'unused',
    REDIS_URL: urls.redisUrl
  }
  const startedAt = performance.now()
  const side = await kept(startProduct('AI Ops', env, (user) => sessions[user % USERS] ?? ''))
  await waitFor(async () => (await fetch(`${side.url}/readyz`)).ok)
  const readyMs = performance.now() - startedAt
  await sleep(waitMs)
  const { firstTextMs: firstQuestionMs } = await ask(side, { ...SHORT, user: 0 })
  await waitFor(async () => (await connectionsOf(side)) >= alive)
  await askMany(side, SHORT, { questions: USERS, together: 1 })
  const cpuBefore = await side.cpuMs()
  const asked = await askMany(side, SHORT, { questions: TURNS, together: 1 })
  return {
    ...{ readyMs, firstQuestionMs },
    warmMs: median(asked.map(({ firstTextMs }) => firstTextMs)),
    cpuMsPerTurn: ((await side.cpuMs()) - cpuBefore) / TURNS,
    connections: await connectionsOf(side),
    memoryMib: (await metric(side.url, 'process_resident_memory_bytes')) / 2 ** 20
  }
}

function connectionsOf(side: Side): Promise<number> {
  return metric(side.url, 'ai_ops_mcp_connections')
}

async function waitFor(check: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + SETTLED_MS
  while (!(await check())) {
    if (performance.now() > until) throw new Error(`Not so after ${SETTLED_MS / 1_000} s.`)
    await sleep(POLL_MS)
  }
}
