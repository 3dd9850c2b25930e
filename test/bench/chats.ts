import { askMany, median } from './load.ts'
import type { Side } from './side.ts'
import { type Finding, round } from './targets.ts'
import type { World } from './world.ts'

const CHATS = 200
const TOGETHER = 8
const ANSWER = { tokens: 20, tokenMs: 0 }

/** P4: several questions together, 20 tokens at once. */
export async function measureChats(world: World, rounds: number): Promise<Finding[]> {
  const { relay, graph, graphWithRedis, createAgent, productInMemory, product } = world
  const sides = [relay, graph, graphWithRedis, createAgent, productInMemory, product]
  const rates = new Map(sides.map((side): [Side, number[]] => [side, []]))
  const failures = new Map<Side, number>()
  for (let round = 0; round < rounds; round += 1) {
    for (const [side, measured] of rates) {
      const cpuBefore = await side.cpuMs()
      const asked = await askMany(side, ANSWER, { questions: CHATS, together: TOGETHER })
      // Of the side's own CPU, not of the wall clock: the model and this client share the machine's cores.
      measured.push((1_000 * CHATS) / ((await side.cpuMs()) - cpuBefore))
      const failed = asked.filter((one) => one.failed).length
      failures.set(side, (failures.get(side) ?? 0) + failed)
    }
  }
  console.log(`\n20 tokens at once, ${TOGETHER} questions together, median of ${rounds} × ${CHATS}`)
  console.table(
    sides.map((side) => ({
      side: side.name,
      'chats per second and core (P4)': round(median(rates.get(side) ?? [])),
      failed: failures.get(side)
    }))
  )
  const isWhole = failures.get(product) === 0
  return [{ id: 'P4', value: isWhole ? median(rates.get(product) ?? []) : Number.NaN }]
}
