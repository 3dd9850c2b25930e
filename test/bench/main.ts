import { askMany, median } from './load.ts'
import { metric, type Side, startProduct, startSide, stopSide } from './side.ts'

const ROUNDS = 5
const WARM_UP = 30
const TURNS = 40
const CHATS = 200
const TOGETHER = 8

interface Figures {
  readonly firstTextMs: number[]
  readonly cpuMsPerTurn: number[]
  readonly chatsPerSecond: number[]
  failed: number
}

/** Starts every side against one model and measures them in turns, so that a noisy machine is noisy for all. */
async function measure(modelName: string, work: (side: Side, figures: Figures) => Promise<void>) {
  const model = await startSide('model', 'model.ts', {})
  const env = { MODEL_URL: model.url, MODEL_NAME: modelName }
  const sides = [
    await startSide('bare relay', 'relay.ts', env),
    await startSide('StateGraph + ChatOpenAI', 'graph.ts', env),
    await startSide('createAgent', 'create-agent.ts', env),
    await startProduct({
      OPENAI_BASE_URL: `${model.url}/v1`,
      OPENAI_MODEL: modelName,
      OPENAI_API_KEY: 'unused'
    })
  ]
  const figures = new Map(sides.map((side) => [side, emptyFigures()]))
  try {
    for (const side of sides) await askMany(side, WARM_UP, 2)
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [side, measured] of figures) await work(side, measured)
    }
  } finally {
    for (const side of [...sides, model]) await stopSide(side)
  }
  return figures
}

function emptyFigures(): Figures {
  return { firstTextMs: [], cpuMsPerTurn: [], chatsPerSecond: [], failed: 0 }
}

async function oneStream(side: Side, figures: Figures): Promise<void> {
  const cpuBefore = await side.cpuMs()
  const asked = await askMany(side, TURNS, 1)
  figures.cpuMsPerTurn.push(((await side.cpuMs()) - cpuBefore) / TURNS)
  figures.firstTextMs.push(median(asked.map(({ firstTextMs }) => firstTextMs)))
  figures.failed += asked.filter(({ failed }) => failed).length
}

async function manyChats(side: Side, figures: Figures): Promise<void> {
  const cpuBefore = await side.cpuMs()
  const asked = await askMany(side, CHATS, TOGETHER)
  // Of the side's own CPU, not of the wall clock: the model and this client share the machine's cores.
  figures.chatsPerSecond.push((1_000 * CHATS) / ((await side.cpuMs()) - cpuBefore))
  figures.failed += asked.filter(({ failed }) => failed).length
}

let nautobotRequests = Number.NaN
async function countingNautobot(side: Side, figures: Figures): Promise<void> {
  const isProduct = side.chatPath.startsWith('/api')
  const name = 'ai_ops_nautobot_request_duration_seconds_count'
  const before = isProduct ? await metric(side.url, name) : 0
  await oneStream(side, figures)
  if (isProduct) nautobotRequests = ((await metric(side.url, name)) - before) / TURNS
}

console.log(`200 tokens at once, one question at a time, median of ${ROUNDS} rounds of ${TURNS}`)
const single = await measure('bench-200-0', countingNautobot)
const graph = [...single].find(([{ name }]) => name.startsWith('StateGraph'))?.[1] ?? emptyFigures()
const relay = [...single].find(([{ name }]) => name === 'bare relay')?.[1] ?? emptyFigures()
console.table(
  [...single].map(([{ name }, figures]) => ({
    side: name,
    'first text ms (P1)': round(median(figures.firstTextMs)),
    'added to the relay ms': round(median(figures.firstTextMs) - median(relay.firstTextMs)),
    'CPU ms per turn (P2)': round(median(figures.cpuMsPerTurn)),
    'times the graph': round(median(figures.cpuMsPerTurn) / median(graph.cpuMsPerTurn)),
    failed: figures.failed
  }))
)
console.log(`Nautobot requests per question in steady state (P9): ${round(nautobotRequests)}`)

console.log(
  `\n20 tokens at once, ${TOGETHER} questions together, median of ${ROUNDS} rounds of ${CHATS}`
)
console.table(
  [...(await measure('bench-20-0', manyChats))].map(([{ name }, figures]) => ({
    side: name,
    'chats per second of one core (P4)': round(median(figures.chatsPerSecond)),
    failed: figures.failed
  }))
)

function round(value: number): number {
  return Math.round(value * 100) / 100
}
