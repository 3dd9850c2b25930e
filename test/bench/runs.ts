import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, messageOf } from './load.ts'
import type { Side } from './side.ts'
import { type Finding, shown, type TargetId } from './targets.ts'
import type { World } from './world.ts'

const SAMPLES = 4
/** Far longer than a sample takes. */
const ANSWER = { tokens: 1_000, tokenMs: 20 }
/** Events that are read before a run is stopped or left. */
const EVENTS_BEFORE = 8
const AWAY_MS = 200
const PATIENCE_MS = 5_000
const POLL_MS = 10

interface OpenRun {
  readonly path: string
  readonly lastEventId: string
  readonly tag: string
  /** Loses the connection; the run goes on. */
  leave(): void
}

/** Milliseconds from what `there` is asked until its effect; NaN when that never came. */
type Sample = (run: OpenRun, there: Side, user: number) => Promise<number>

/** P5: from the request to stop until the model's request is closed, sent to the run's replica and to the other one. */
export function measureStop(world: World, rounds: number): Promise<Finding[]> {
  return measureBoth(world, rounds, 'P5', 'Stop reaches the model', async (run, there, user) => {
    const askedAt = Date.now()
    await send(there, user, `${run.path}/cancel`, 'POST')
    return (await closedAt(world.modelUrl, run.tag)) - askedAt
  })
}

/** P6: from asking for a run's events after the last one seen until the next one comes. */
export function measureResume(world: World, rounds: number): Promise<Finding[]> {
  return measureBoth(world, rounds, 'P6', 'Resume after reconnect', async (run, there, user) => {
    run.leave()
    await sleep(AWAY_MS)
    const askedAt = performance.now()
    const headers = { 'last-event-id': run.lastEventId }
    const response = await send(there, user, `${run.path}/events`, 'GET', headers)
    const { ids } = await readEvents(response, 1)
    const isNext = numberOf(ids[0]) === numberOf(run.lastEventId) + 1
    return isNext ? performance.now() - askedAt : Number.NaN
  })
}

async function measureBoth(
  { product, replica }: World,
  rounds: number,
  id: TargetId,
  title: string,
  sample: Sample
): Promise<Finding[]> {
  const places = new Map([product, replica].map((side): [Side, number[]] => [side, []]))
  for (let place = 0; place < rounds * SAMPLES; place += 1) {
    for (const [there, taken] of places) {
      // What never comes is waited for once.
      if (!taken.some(Number.isNaN)) taken.push(await takeSample(product, there, place, sample))
    }
  }
  console.log(`\n${title} (${id}), ${rounds * SAMPLES} runs, ms`)
  const worst = (side: Side) => Math.max(...(places.get(side) ?? []))
  console.table(
    [...places].map(([side, taken]) => ({
      'asked of': side === product ? 'the same replica' : 'the other replica',
      median: shown(median(taken)),
      worst: shown(worst(side))
    }))
  )
  return [{ id, value: worst(replica) }]
}

async function takeSample(asked: Side, there: Side, user: number, sample: Sample): Promise<number> {
  const run = await openRun(asked, user)
  try {
    return await sample(run, there, user)
  } finally {
    await send(asked, user, `${run.path}/cancel`, 'POST')
    run.leave()
  }
}

async function openRun(side: Side, user: number): Promise<OpenRun> {
  const tag = randomUUID()
  const leaving = new AbortController()
  const response = await fetch(side.url + side.chatPath, {
    method: 'POST',
    headers: { ...side.headers(user), accept: 'text/event-stream' },
    body: JSON.stringify({ message: messageOf({ ...ANSWER, user, tag }) }),
    signal: leaving.signal
  })
  const { runId, lastEventId } = await readEvents(response, EVENTS_BEFORE)
  return { path: `/api/v1/runs/${runId}`, lastEventId, tag, leave: () => leaving.abort() }
}

/** Reads so many events, or to the end, and leaves the stream open. */
async function readEvents(response: Response, enough: number) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  let ids: string[] = []
  for (let isDone = false; !isDone && ids.length < enough; ) {
    const { done, value = '' } = (await reader?.read()) ?? { done: true }
    isDone = done
    text += value
    ids = [...text.matchAll(/^id: (\S+)\n/gm)].map(([, id = '']) => id)
  }
  const runId = /"runId":"([^"]+)"/.exec(text)?.[1] ?? ''
  return { ids, lastEventId: ids.at(-1) ?? '', runId }
}

/** Of an event in its attempt: 17 of `1-17`. */
function numberOf(id = ''): number {
  return Number(id.split('-')[1])
}

function send(side: Side, user: number, path: string, method: string, more: HeadersInit = {}) {
  const { authorization = '' } = side.headers(user)
  return fetch(side.url + path, {
    method,
    headers: { authorization, ...more },
    signal: AbortSignal.timeout(PATIENCE_MS)
  })
}

async function closedAt(modelUrl: string, tag: string): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS
  while (Date.now() < deadline) {
    const response = await fetch(`${modelUrl}/closed/${tag}`)
    const { closedAt: at } = (await response.json()) as { closedAt: number | null }
    if (at !== null) return at
    await sleep(POLL_MS)
  }
  return Number.NaN
}
