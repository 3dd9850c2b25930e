import { expect, it } from 'vitest'
import { createRunMemory, type RunMemoryOptions } from '../../../src/nautobot-tools/run-memory.ts'

function setup(options: RunMemoryOptions = {}) {
  const memory = createRunMemory(options)
  const asked: string[] = []
  const { signal } = new AbortController()
  const read = (key: string, answer: unknown = key, isWhole = true) =>
    memory.read(key, signal, {
      work: async () => {
        asked.push(key)
        if (answer instanceof Error) throw answer
        return answer
      },
      isWhole: () => isWhole
    })
  return { memory, asked, read }
}

it('answers the same read from memory', async () => {
  const { read, asked } = setup()

  expect(await read('a', { rows: 1 })).toEqual({ rows: 1 })
  expect(await read('a', { rows: 2 })).toEqual({ rows: 1 })
  expect(asked).toEqual(['a'])
})

it('asks once for two reads at the same time, and each may leave', async () => {
  const memory = createRunMemory()
  const answer = Promise.withResolvers<string>()
  const leaving = new AbortController()
  const signals: AbortSignal[] = []
  const work = (signal: AbortSignal) => {
    signals.push(signal)
    return answer.promise
  }
  const first = memory.read('a', leaving.signal, { work })
  const second = memory.read('a', new AbortController().signal, { work })
  leaving.abort()
  await expect(first).rejects.toThrow()
  answer.resolve('done')

  expect(await second).toBe('done')
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})

it('remembers neither failures nor parts', async () => {
  const { read, asked } = setup()
  await expect(read('a', new Error('down'))).rejects.toThrow('down')
  await read('a', 'part', false)

  expect(await read('a', 'whole')).toBe('whole')
  expect(asked).toEqual(['a', 'a', 'a'])
})

it('forgets after a minute', async () => {
  let now = 0
  const { read } = setup({ now: () => now })
  await read('a', 1)
  now = 59_999
  expect(await read('a', 2)).toBe(1)
  now = 60_000
  expect(await read('a', 3)).toBe(3)
})

it('makes room for new answers, by their number and by their size', async () => {
  const { read, asked } = setup({ maxEntries: 2, maxCharacters: 30 })
  for (const key of ['a', 'b', 'c', 'a']) await read(key)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
  await read('d', 'x'.repeat(20))
  await read('a')
  expect(asked).toEqual(['a', 'b', 'c', 'a', 'd'])
  await read('c')
  await read('huge', 'x'.repeat(30))
  await read('huge', 'x'.repeat(30))
  expect(asked.slice(5)).toEqual(['c', 'huge', 'huge'])
})
