import type { Side } from './side.ts'

export interface Asked {
  readonly firstTextMs: number
  readonly totalMs: number
  readonly failed: boolean
}

const FIRST_TEXT = /"delta":"[^"]|"content":"w/

/** Asks one question and reads its stream to the end. */
export async function ask({ url, chatPath }: Side): Promise<Asked> {
  const startedAt = performance.now()
  const response = await fetch(url + chatPath, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ message: 'How many devices are there?' })
  })
  const decoder = new TextDecoder()
  let firstTextMs = Number.NaN
  let tail = ''
  for await (const bytes of response.body ?? []) {
    tail += decoder.decode(bytes, { stream: true })
    if (Number.isNaN(firstTextMs) && FIRST_TEXT.test(tail))
      firstTextMs = performance.now() - startedAt
    tail = tail.slice(-2_000)
  }
  const totalMs = performance.now() - startedAt
  return {
    firstTextMs,
    totalMs,
    failed: !response.ok || Number.isNaN(firstTextMs) || tail.includes('RUN_ERROR')
  }
}

/** Asks `questions` times, `together` at a time. */
export async function askMany(side: Side, questions: number, together: number): Promise<Asked[]> {
  const asked: Asked[] = []
  let left = questions
  const worker = async () => {
    while (left > 0) {
      left -= 1
      asked.push(await ask(side))
    }
  }
  await Promise.all(Array.from({ length: together }, worker))
  return asked
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
