import { setTimeout as delay } from 'node:timers/promises'
import type { ToolAnswer } from '../../../support/tool-client.ts'
import type { FuzzedCall } from './calls.ts'
import { outcomeOf } from './judge.ts'
import type { OutcomeTable } from './table.ts'

/** One caller in so many leaves before the answer is there. */
const LEAVES_EVERY = 15
const MAX_PATIENCE_MS = 60

export type Answered = Pick<ToolAnswer, 'isError' | 'text'>

export interface CallersOptions {
  readonly calls: readonly FuzzedCall[]
  readonly ask: (call: FuzzedCall, index: number, signal: AbortSignal) => Promise<Answered>
  /** Throws for an answer that must not be. */
  readonly judge: (call: FuzzedCall, answer: Answered, index: number) => Promise<void>
  readonly table: OutcomeTable
  /** At a time. */
  readonly callers: number
}

/** Undefined for one who has left. */
async function askOnce({ ask }: CallersOptions, call: FuzzedCall, index: number) {
  const leaving = new AbortController()
  const asked = ask(call, index, leaving.signal)
  if (index % LEAVES_EVERY > 0) return asked
  const settled = asked.catch(() => undefined)
  await Promise.race([delay(index % MAX_PATIENCE_MS), settled])
  leaving.abort(new Error('left'))
  return settled
}

/** Makes all calls, some at a time, and answers with everything that was wrong: one bug hides no other. */
export async function makeCalls(options: CallersOptions): Promise<unknown[]> {
  const wrong: unknown[] = []
  const queue = options.calls.entries()

  async function make(call: FuzzedCall, index: number): Promise<void> {
    const answer = await askOnce(options, call, index)
    options.table.add(call, answer ? outcomeOf(answer) : 'left')
    if (answer) await options.judge(call, answer, index)
  }

  await Promise.all(
    Array.from({ length: options.callers }, async () => {
      for (const [index, call] of queue) await make(call, index).catch((error) => wrong.push(error))
    })
  )
  return wrong
}
