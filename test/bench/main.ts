import { parseArgs } from 'node:util'
import { measureChats } from './chats.ts'
import { measureCheckpoints } from './checkpoints.ts'
import { measureResume, measureStop } from './runs.ts'
import { measureServers } from './servers.ts'
import { measureSingle } from './single.ts'
import { measureStreams } from './streams.ts'
import { type Finding, isTargetId, type TargetId, verdict } from './targets.ts'
import { measureTools } from './tools.ts'
import { startWorld, type World } from './world.ts'

const ROUNDS = 5
/** Starts of the service with many servers, each with three sides. */
const SERVER_ROUNDS = 3

/** `npm run bench -- --only P3,P5 --rounds 1`: without `--only` everything but the tools. It reports, and fails on nothing it finds. */
const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string' } } })
const rounds = Number(values.rounds ?? ROUNDS)
const wanted = (values.only ?? '').split(',').filter(Boolean)
const unknown = wanted.filter((id) => !isTargetId(id))
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`Not understood: ${process.argv.slice(2).join(' ')}`)
}

interface Part {
  readonly ids: readonly TargetId[]
  /** The conversations of one user are bounded, and those of one who asks seldom are not in the way. */
  readonly users: number
  readonly measure: (world: World) => Promise<Finding[]>
}

const PARTS: readonly Part[] = [
  { ids: ['P1', 'P2', 'P9'], users: 40, measure: (world) => measureSingle(world, rounds) },
  { ids: ['P3'], users: 300, measure: measureStreams },
  { ids: ['P4'], users: 40, measure: (world) => measureChats(world, rounds) },
  { ids: ['P5'], users: 40, measure: (world) => measureStop(world, rounds) },
  { ids: ['P6'], users: 40, measure: (world) => measureResume(world, rounds) }
]

function isWanted(ids: readonly TargetId[]): boolean {
  return wanted.length === 0 || ids.some((id) => wanted.includes(id))
}

async function measureSides(parts: readonly Part[]): Promise<Finding[]> {
  if (parts.length === 0) return []
  const world = await startWorld()
  const findings: Finding[] = []
  try {
    for (const { users, measure } of parts) {
      await world.signIn(users)
      findings.push(...(await measure(world)))
    }
  } finally {
    await world.stop()
  }
  return findings
}

const startedAt = performance.now()
const findings = [
  ...(await measureSides(PARTS.filter(({ ids }) => isWanted(ids)))),
  ...(isWanted(['P7', 'P8']) ? await measureCheckpoints(rounds) : []),
  ...(isWanted(['servers', 'dead servers'])
    ? await measureServers(Math.min(rounds, SERVER_ROUNDS))
    : []),
  // Only when named: it needs a real Nautobot.
  ...(wanted.includes('tools') ? await measureTools() : [])
]
console.log(`\nAI Ops with Redis, in ${Math.round((performance.now() - startedAt) / 1_000)} s`)
console.table(findings.map(verdict))
