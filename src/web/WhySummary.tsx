import type { RunView } from './api.ts'
import type { Answer } from './message.ts'
import { duration } from './tool-words.ts'
import { WhySteps } from './WhySteps.tsx'
import { entriesOfAnswer } from './why-entries.ts'
import { stateWords, tokenWords, totalsOf, whenWords } from './why-words.ts'

type Row = readonly [name: string, words: string | undefined]

/** Who answered, for whom, and what it took. */
export function WhySummary({ run }: { readonly run: RunView }) {
  const { model, modelCalls = [], footer, username, prompt } = run
  const { tokens, cost } = totalsOf(modelCalls, footer?.usage)
  const promptWords = prompt
    ? `${prompt.name}, version ${prompt.version}`
    : 'The built-in one alone'
  return (
    <Rows
      rows={[
        ['Outcome', stateWords(run)],
        ['Model', model && modelWords(run, model)],
        ['Time', whenWords(run)],
        ['Tokens', tokens],
        ['Cost', cost],
        ['System prompt', model && promptWords],
        ['Rights', username && `Nautobot was read as ${username}, who asked`]
      ]}
    />
  )
}

/** `Y, because X is busy` */
function modelWords({ standIns = [] }: RunView, model: string): string {
  const reasons = standIns.map(({ insteadOf, reason }) => `${insteadOf} ${reason}`)
  return reasons.length === 0 ? model : `${model}, because ${reasons.join(', and ')}`
}

/** The run's record is gone: what the conversation keeps. */
export function WhyExpired({ answer }: { readonly answer: Answer }) {
  const { model, footer } = answer
  const entries = entriesOfAnswer(answer)
  return (
    <>
      <p>
        <strong>The full record of this answer is no longer kept.</strong> Ask again to see how a
        new answer comes about, with times, tokens and queries to copy.
      </p>
      <Rows
        rows={[
          ['Model', model?.name],
          ['Time', footer && duration(footer.usage.durationMs)],
          ['Tokens', footer && tokenWords(footer.usage)]
        ]}
      />
      <WhySteps entries={entries} username={undefined}>
        <p className="muted">
          {entries.length === 0
            ? 'The conversation keeps no tool calls of it.'
            : 'What the conversation keeps of it:'}
        </p>
      </WhySteps>
    </>
  )
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const known = rows.filter(([, words]) => words)
  if (known.length === 0) return null
  return (
    <dl className="why-summary">
      {known.map(([name, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  )
}
