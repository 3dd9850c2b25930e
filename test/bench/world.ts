import { startRedis } from '../support/redis.ts'
import { askMany } from './load.ts'
import { type Side, startProduct, startSide } from './side.ts'

const WARM_UP = { questions: 30, together: 2 }
const TOGETHER = 8

/** Every process of the bench: against one model and one Nautobot, all at once, so that a noisy machine is noisy for all. */
export interface World {
  readonly relay: Side
  readonly graph: Side
  readonly graphWithRedis: Side
  readonly createAgent: Side
  readonly productInMemory: Side
  readonly product: Side
  /** A second replica on the product's Redis. */
  readonly replica: Side
  readonly modelUrl: string
  /** New sessions for so many users, and a question from each: a session lives five minutes. Begins every part. */
  signIn(users: number): Promise<void>
  stop(): Promise<void>
}

export async function startWorld(): Promise<World> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  const kept = async (starting: Promise<Side>) => {
    const side = await starting
    undo.push(side.stop)
    return side
  }
  const redis = async () => {
    const server = await startRedis()
    undo.push(server.stop)
    return server.url
  }
  try {
    const model = await kept(startSide('model', 'model.ts', {}))
    const env = { MODEL_URL: model.url }
    const sides = await startSides(kept, env, await redis())
    const products = await startProducts(kept, env, await redis())
    for (const side of Object.values(sides)) await warmUp(side)
    return { ...sides, ...products, modelUrl: model.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Kept = (starting: Promise<Side>) => Promise<Side>
type Env = Readonly<Record<string, string>>

async function startSides(kept: Kept, env: Env, redisUrl: string) {
  const withRedis = { ...env, REDIS_URL: redisUrl }
  return {
    relay: await kept(startSide('bare relay', 'relay.ts', env)),
    graph: await kept(startSide('bare graph', 'graph.ts', env)),
    graphWithRedis: await kept(startSide('bare graph, official layout', 'graph.ts', withRedis)),
    createAgent: await kept(startSide('createAgent', 'create-agent.ts', env))
  }
}

async function startProducts(kept: Kept, { MODEL_URL }: Env, redisUrl: string) {
  const nautobot = await kept(startSide('nautobot', 'nautobot.ts', {}))
  const json = async (path: string, init?: RequestInit) =>
    (await fetch(nautobot.url + path, init)).json()
  let sessions: string[] = []
  const tokenOf = (user: number) => sessions[user % sessions.length] ?? ''
  const env = {
    NAUTOBOT_URL: nautobot.url,
    NAUTOBOT_TOKEN: ((await json('/service-token')) as { token: string }).token,
    OPENAI_BASE_URL: `${MODEL_URL}/v1`,
    OPENAI_MODEL: 'bench',
    OPENAI_API_KEY: 'unused'
  }
  const withRedis = { ...env, REDIS_URL: redisUrl }
  const productInMemory = await kept(startProduct('AI Ops in memory', env, tokenOf))
  const product = await kept(startProduct('AI Ops', withRedis, tokenOf))
  const replica = await kept(startProduct('AI Ops, other replica', withRedis, tokenOf))
  const signIn = async (users: number) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ count: users })
    sessions = (await json('/sessions', { method: 'POST', headers, body })) as string[]
    for (const side of [productInMemory, product, replica]) {
      const shape = { tokens: 1, tokenMs: 0 }
      await askMany(side, shape, { questions: users, together: TOGETHER })
      await warmUp(side)
    }
  }
  return { productInMemory, product, replica, signIn }
}

function warmUp(side: Side): Promise<unknown> {
  return askMany(side, { tokens: 200, tokenMs: 0 }, WARM_UP)
}
