import { Agent, request } from 'node:http'
import type { Side } from './side.ts'

export interface Question {
  readonly tokens: number
  /** Milliseconds between two tokens; 0: all at once. */
  readonly tokenMs: number
  /** Which of the side's users asks. */
  readonly user: number
  /** Names the request at the model. */
  readonly tag?: string
}

export interface Asked {
  readonly firstTextMs: number
  readonly failed: boolean
}

const FIRST_TEXT = /"delta":"[^"]|"content":"w/
const END = /"type":"RUN_FINISHED"|\[DONE\]/
const TAIL_CHARACTERS = 2_000

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

export function messageOf({ tokens, tokenMs, tag = '' }: Question): string {
  return `How many devices are there? bench-${tokens}-${tokenMs}-${tag}`
}

/** Asks one question and reads its stream to the end. Never rejects: a bench counts what failed. */
export function ask(side: Side, question: Question): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const startedAt = performance.now()
  let firstTextMs = Number.NaN
  let tail = ''
  const end = (failed: boolean) => resolve({ firstTextMs, failed })
  const asking = request(side.url + side.chatPath, {
    agent,
    method: 'POST',
    headers: { ...side.headers(question.user), accept: 'text/event-stream' }
  })
  asking.on('error', () => end(true))
  asking.on('response', (response) => {
    response.setEncoding('utf8')
    response.on('error', () => end(true))
    response.on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL_CHARACTERS)
      if (Number.isNaN(firstTextMs) && FIRST_TEXT.test(tail)) {
        firstTextMs = performance.now() - startedAt
      }
    })
    response.on('end', () => end(Number.isNaN(firstTextMs) || !END.test(tail)))
  })
  asking.end(JSON.stringify({ message: messageOf(question) }))
  return promise
}

/** Asks `questions` times, `together` at a time, each time as the next user. */
export async function askMany(
  side: Side,
  shape: Omit<Question, 'user'>,
  { questions, together }: { readonly questions: number; readonly together: number }
): Promise<Asked[]> {
  const asked: Asked[] = []
  let user = 0
  const worker = async () => {
    while (user < questions) {
      user += 1
      asked.push(await ask(side, { ...shape, user }))
    }
  }
  await Promise.all(Array.from({ length: together }, worker))
  return asked
}

/** NaN among the values counts as the greatest. */
export function percentile(values: readonly number[], part: number): number {
  const rank = (value: number) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)
  const sorted = values.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
