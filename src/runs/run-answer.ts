import type { Caller } from '../auth/caller.ts'
import { type ElicitationAnswer, formProblems } from '../elicitation.ts'
import { AppError } from '../errors.ts'
import type { AnswerDesk } from './elicitation-desk.ts'
import type { RunCoordinator, RunElicitation } from './run.ts'
import type { RunFacts, RunStore } from './run-store.ts'

export interface RunAnswerOptions {
  readonly store: Pick<RunStore, 'view'>
  readonly desk: AnswerDesk
  /** Told of each answer once, for the audit: never of its values. */
  readonly onAnswered?: (answered: AnsweredElicitation) => void
}

export interface AnsweredElicitation {
  readonly caller: Caller
  readonly runId: string
  readonly elicitation: Pick<RunElicitation, 'toolCallId' | 'tool' | 'server'>
  readonly action: ElicitationAnswer['action']
  readonly correlationId: string
}

type Find = (caller: Caller, runId: string) => Promise<RunFacts>

/** As `RunCoordinator.answer`. `find` throws RUN_NOT_FOUND, for foreign runs too. */
export function createAnswer(
  { store, desk, onAnswered }: RunAnswerOptions,
  find: Find
): RunCoordinator['answer'] {
  return async (caller, runId, { elicitationId, answer, correlationId }) => {
    await find(caller, runId)
    const place = { runId, elicitationId }
    const view = await store.view(runId)
    const elicitation = view?.elicitations.find((one) => one.elicitationId === elicitationId)
    if (!elicitation) {
      const state = await desk.state(place)
      // Its end is told a moment later than it is known.
      throw refusalOf(state === 'open' ? 'closed' : state)
    }
    if (answer.action === 'accept') checkValues(elicitation, answer)
    const state = await desk.state(place, answer)
    if (state !== 'open') throw refusalOf(state)
    const { toolCallId, tool, server } = elicitation
    const { action } = answer
    onAnswered?.({
      caller,
      runId,
      elicitation: { toolCallId, tool, server },
      action,
      correlationId
    })
  }
}

function checkValues(
  { fields }: RunElicitation,
  { content }: Extract<ElicitationAnswer, { action: 'accept' }>
): void {
  const problems = Object.entries(formProblems(fields, content))
  const [first] = problems
  if (!first) return
  throw new AppError('INVALID_REQUEST', `content.${first[0]}: ${first[1]}.`, {
    details: {
      fields: problems.map(([name, message]) => ({ path: `content.${name}`, message }))
    }
  })
}

function refusalOf(state: 'answered' | 'closed' | 'unknown'): AppError {
  switch (state) {
    case 'answered':
      return new AppError('ELICITATION_ANSWERED', 'The form was answered before.')
    case 'closed':
      return new AppError('ELICITATION_LAPSED', 'Nobody waits for this answer any more.')
    default:
      return new AppError('ELICITATION_NOT_FOUND', 'The run asks for no such thing.')
  }
}
