import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type AskedQuestion, ask } from './asking.ts'
import { KINDS } from './question.ts'
import { QUESTIONS } from './questions.ts'
import { failuresOf, reportOf } from './report.ts'
import { startWorld } from './world.ts'

/**
 * `npm run eval -- --only count,join --json report.json`: asks the model that the environment describes (`OPENAI_…`,
 * `AZURE_OPENAI_…`, a local Ollama; without one the lab model) every question, and judges the answers.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    model: { type: 'string' },
    json: { type: 'string' }
  }
})
const wanted = (values.only ?? KINDS.join(',')).split(',')
const unknown = wanted.filter((kind) => !KINDS.some((known) => known === kind))
if (unknown.length > 0) throw new Error(`Not a kind of question: ${unknown.join(', ')}`)

const world = await startWorld(process.env, values.model)
const asked: AskedQuestion[] = []
try {
  for (const question of QUESTIONS.filter(({ kind }) => wanted.includes(kind))) {
    const judged = await ask(world, question)
    console.log(
      `${judged.correct ? 'right' : 'WRONG'}  ${question.turns.map((turn) => turn.ask).join(' / ')}`
    )
    asked.push(judged)
  }
} finally {
  await world.stop()
}
const report = reportOf(asked)
for (const failure of failuresOf(report)) console.log(failure)
console.log(
  `\nAsked of ${report.model}; tool calls, tokens and seconds are means per question asked.`
)
console.table(report.lines)
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`)
