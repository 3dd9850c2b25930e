import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Asked, ask, percentile } from './load.ts'
import type { Side } from './side.ts'
import { type Finding, round } from './targets.ts'
import type { World } from './world.ts'

const TOKENS = 200
const TOKEN_MS = 20
const ANSWER_MS = TOKENS * TOKEN_MS
/** Streams at a time, step by step, until a side is too slow. */
const LEVELS = [100, 200, 300]
const MAX_P99_MS = 1_000
const LATENESS_RESOLUTION_MS = 10

interface Step {
  readonly streams: number
  /** CPU used, of one core. */
  readonly cores: number
  readonly p99Ms: number
  readonly failed: number
}

/**
 * P3: so many answers of 200 tokens, 20 ms apart, are under way all the time. How many one core carries is told by
 * the side's CPU, for the model and this client share the cores; that they come in time is seen at each step.
 */
export async function measureStreams({ relay, graph, productInMemory, product }: World) {
  const sides = [relay, graph, productInMemory, product]
  const lateness = monitorEventLoopDelay({ resolution: LATENESS_RESOLUTION_MS })
  lateness.enable()
  const steps = new Map(sides.map((side): [Side, Step[]] => [side, []]))
  for (const streams of LEVELS) {
    for (const [side, taken] of steps) {
      if (taken.every(isFast)) taken.push(await takeStep(side, streams))
    }
  }
  lateness.disable()
  const lateMs = lateness.percentile(99) / 1e6 - LATENESS_RESOLUTION_MS
  console.log(
    `\n${TOKENS} tokens ${TOKEN_MS} ms apart; this client itself late by ${round(lateMs)} ms`
  )
  console.table(
    sides.map((side) => {
      const taken = steps.get(side) ?? []
      return {
        side: side.name,
        'streams per core (P3)': round(perCore(taken)),
        ...Object.fromEntries(taken.map((step) => [`at ${step.streams}`, describe(step)]))
      }
    })
  )
  const findings: Finding[] = [{ id: 'P3', value: perCore(steps.get(product) ?? []) }]
  return findings
}

function isFast({ p99Ms, failed }: Step): boolean {
  return p99Ms <= MAX_P99_MS && failed === 0
}

/** At the greatest step that was in time. */
function perCore(taken: readonly Step[]): number {
  const { streams, cores } = taken.findLast(isFast) ?? { streams: 0, cores: 1 }
  return streams / cores
}

function describe({ cores, p99Ms, failed }: Step): string {
  const failures = failed > 0 ? `, ${failed} failed` : ''
  return `p99 ${round(p99Ms)} ms, ${round(cores)} cores${failures}`
}

/** Fills up evenly for one answer's time, measures for another, and lets the rest run out. */
async function takeStep(side: Side, streams: number): Promise<Step> {
  const startsAt = performance.now() + ANSWER_MS
  const endsAt = startsAt + ANSWER_MS
  const measured: Asked[] = []
  const work = Array.from({ length: streams }, async (_, user) => {
    await sleep((user * ANSWER_MS) / streams)
    while (performance.now() < endsAt) {
      const isMeasured = performance.now() >= startsAt
      const asked = await ask(side, { tokens: TOKENS, tokenMs: TOKEN_MS, user })
      if (isMeasured) measured.push(asked)
    }
  })
  await sleep(ANSWER_MS)
  const [cpuBefore, wallBefore] = [await side.cpuMs(), performance.now()]
  await sleep(endsAt - performance.now())
  const cores = ((await side.cpuMs()) - cpuBefore) / (performance.now() - wallBefore)
  await Promise.all(work)
  return {
    streams,
    cores,
    p99Ms: percentile(
      measured.map(({ firstTextMs }) => firstTextMs),
      0.99
    ),
    failed: measured.filter(({ failed }) => failed).length
  }
}
