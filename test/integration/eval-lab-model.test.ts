import { expect, test } from 'vitest'
import { type AskedQuestion, ask } from '../eval/asking.ts'
import { QUESTIONS } from '../eval/questions.ts'
import { reportOf } from '../eval/report.ts'
import { startWorld } from '../eval/world.ts'

const TOGETHER = 6
/** What the rules of the lab model do not reach. It has to say so. */
const BEYOND_RULES = [
  'how-are-the-devices-distributed-over-statuses',
  'how-many-vlans-with-id-30-are-there',
  'list-the-networks-not-containers-at-ams02',
  'which-prefix-belongs-to-vlan-40-at-fra01',
  'which-sites-have-no-racks'
]
const SAYS_SO = /I do not (?:know|understand)|I cannot/

async function askAll(): Promise<AskedQuestion[]> {
  const { PATH, HOME } = process.env
  const world = await startWorld({ PATH, HOME, OLLAMA_HOST: 'off' }, undefined)
  const waiting = [...QUESTIONS]
  const asked: AskedQuestion[] = []
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      asked.push(await ask(world, next))
  }
  try {
    await Promise.all(Array.from({ length: TOGETHER }, work))
  } finally {
    await world.stop()
  }
  return asked
}

test('the lab model answers its kinds of questions rightly, and of the rest says that it cannot', async () => {
  const asked = await askAll()
  const wrong = asked.filter(({ correct }) => !correct)
  const silent = wrong.flatMap(({ turns }) =>
    turns.filter(({ answer, verdict }) => !verdict.correct && !SAYS_SO.test(answer))
  )

  expect(silent).toEqual([])
  expect(wrong.map(({ id }) => id).toSorted()).toEqual(BEYOND_RULES)
  expect(reportOf(asked).lines.at(-1)).toMatchObject({
    kind: 'all',
    questions: QUESTIONS.length,
    correct: QUESTIONS.length - BEYOND_RULES.length,
    falseClaims: 0
  })
  expect(reportOf(asked).model).toBe('lab model')
})
