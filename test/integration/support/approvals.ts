import { setTimeout as sleep } from 'node:timers/promises'

type Headers = Readonly<Record<string, string>>

export interface Decision {
  readonly toolCallId: string
  readonly decision: 'approve' | 'reject'
  readonly reason?: string
}

/** A run as its owner sees it over HTTP. */
export interface SeenRun {
  readonly state: string
  readonly response: string
  readonly approvals: readonly {
    readonly toolCallId: string
    readonly name: string
    readonly server: string
    readonly arguments: unknown
    readonly lapsesAt: string
    readonly decision?: string
    readonly reason?: string
  }[]
  readonly steps: readonly { readonly name: string; readonly result?: string }[]
  readonly error?: { readonly code: string; readonly message: string }
}

const LOOK_AGAIN_MS = 50
const PATIENCE_MS = 15_000
/** Its replica may die meanwhile. */
const MAX_RUN_MS = 100_000

export async function seeRun(url: string, runId: string, headers: Headers): Promise<SeenRun> {
  const answer = await fetch(`${url}/api/v1/runs/${runId}`, { headers })
  return (await answer.json()) as SeenRun
}

interface WhenOptions {
  readonly headers: Headers
  readonly states: readonly string[]
  readonly patienceMs?: number
}

/** The run as soon as it is in one of these states. */
export async function whenRun(
  url: string,
  runId: string,
  { headers, states, patienceMs = PATIENCE_MS }: WhenOptions
): Promise<SeenRun> {
  const startedAt = performance.now()
  for (;;) {
    const run = await seeRun(url, runId, headers)
    if (states.includes(run.state)) return run
    if (performance.now() - startedAt > patienceMs) {
      throw new Error(`The run is ${run.state}, not ${states.join(' or ')}`)
    }
    await sleep(LOOK_AGAIN_MS)
  }
}

export async function decide(
  url: string,
  runId: string,
  { headers, decisions }: { readonly headers: Headers; readonly decisions: readonly Decision[] }
) {
  const answer = await fetch(`${url}/api/v1/runs/${runId}/approvals`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ decisions })
  })
  return { status: answer.status, body: await answer.json() }
}

const ENDED = ['succeeded', 'stopped', 'failed', 'interrupted'] as const

/** Approves all that a run waits for, whenever it does; answers how it ended. */
export async function approveAll(url: string, runId: string, headers: Headers): Promise<SeenRun> {
  for (;;) {
    const states = ['waiting', ...ENDED]
    const run = await whenRun(url, runId, { headers, states, patienceMs: MAX_RUN_MS })
    if (run.state !== 'waiting') return run
    const decisions = run.approvals
      .filter(({ decision }) => decision === undefined)
      .map(({ toolCallId }) => ({ toolCallId, decision: 'approve' as const }))
    await decide(url, runId, { headers, decisions })
  }
}
