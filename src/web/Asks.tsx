import { Approvals } from './Approvals.tsx'
import { Elicitation } from './Elicitation.tsx'
import { type Answer, undecided } from './message.ts'
import { useSheet } from './sheets.ts'
import css from './styles/asks.css?inline'

/** What asks the person something in the middle of an answer. */
export function Asks({ answer }: { readonly answer: Answer }) {
  return (
    <div ref={useSheet(css)}>
      {undecided(answer).length > 0 && <Approvals answer={answer} />}
      {answer.elicitations.map((asked) => (
        <Elicitation key={asked.elicitationId} answer={answer} asked={asked} />
      ))}
    </div>
  )
}
