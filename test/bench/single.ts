import { askMany, median } from './load.ts'
import { metric, type Side } from './side.ts'
import { atMost, type Finding, round } from './targets.ts'
import type { World } from './world.ts'

const TURNS = 40
const ANSWER = { tokens: 200, tokenMs: 0 }
const NAUTOBOT_REQUESTS = 'ai_ops_nautobot_request_duration_seconds_count'

interface Figures {
  readonly firstTextMs: number[]
  readonly cpuMsPerTurn: number[]
  failed: number
}

/** P1, P2, P9: one question after another, 200 tokens at once. */
export async function measureSingle(world: World, rounds: number): Promise<Finding[]> {
  const { relay, graph, graphWithRedis, createAgent, productInMemory, product } = world
  const sides = [relay, graph, graphWithRedis, createAgent, productInMemory, product]
  const figures = new Map(
    sides.map((side): [Side, Figures] => [side, { firstTextMs: [], cpuMsPerTurn: [], failed: 0 }])
  )
  const nautobotRequests: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = await metric(product.url, NAUTOBOT_REQUESTS)
    for (const [side, measured] of figures) await measureRound(side, measured)
    nautobotRequests.push((await metric(product.url, NAUTOBOT_REQUESTS)) - before)
  }

  const of = (side: Side, key: 'firstTextMs' | 'cpuMsPerTurn') =>
    median(figures.get(side)?.[key] ?? [])
  const added = (side: Side) => of(side, 'firstTextMs') - of(relay, 'firstTextMs')
  const timesGraph = (side: Side) => of(side, 'cpuMsPerTurn') / of(graph, 'cpuMsPerTurn')
  console.log(`\n200 tokens at once, one question at a time, median of ${rounds} × ${TURNS}`)
  console.table(
    sides.map((side) => ({
      side: side.name,
      'first text ms': round(of(side, 'firstTextMs')),
      'added to the relay ms (P1)': round(added(side)),
      'CPU ms per turn': round(of(side, 'cpuMsPerTurn')),
      'times the graph (P2)': round(timesGraph(side)),
      failed: figures.get(side)?.failed
    }))
  )
  return [
    {
      id: 'P1',
      value: added(product),
      aim: atMost(added(graph), `≤ the graph's ${round(added(graph))}`)
    },
    { id: 'P2', value: timesGraph(product) },
    // In some round the catalog is read again, which no question asked for.
    { id: 'P9', value: median(nautobotRequests) / TURNS }
  ]
}

async function measureRound(side: Side, figures: Figures): Promise<void> {
  const cpuBefore = await side.cpuMs()
  const asked = await askMany(side, ANSWER, { questions: TURNS, together: 1 })
  figures.cpuMsPerTurn.push(((await side.cpuMs()) - cpuBefore) / TURNS)
  figures.firstTextMs.push(median(asked.map(({ firstTextMs }) => firstTextMs)))
  figures.failed += asked.filter(({ failed }) => failed).length
}
