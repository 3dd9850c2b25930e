import { setTimeout as sleep } from 'node:timers/promises'
import type { InputRequiredResult } from '@modelcontextprotocol/client'
import type { ElicitationAnswer, ShowForm } from '../elicitation.ts'
import { isRecord } from '../platform/json.ts'
import type { CallClock } from './call-clock.ts'
import { readElicitation } from './elicitation-form.ts'
import { McpFailure } from './mcp-failure.ts'
import type { AskCaller } from './open-calls.ts'

/** One call may ask so often; the rest is declined. */
export const MAX_ELICITATIONS_PER_CALL = 5
/** A call that wants more input is repeated so often. */
export const MAX_INPUT_ROUNDS = 5
/** For one answer of a person. */
export const MAX_ELICITATION_WAIT_MS = 5 * 60_000
const MAX_STATE_CHARACTERS = 65_536
/** Before a call is repeated that nobody was asked about: its server wants time. */
const ROUND_PAUSE_MS = 250

export interface CallerInputOptions {
  /** Absent where nobody can be asked. */
  readonly onElicit: ShowForm | undefined
  readonly clock: CallClock
  readonly maxWaitMs: number
  readonly signal: AbortSignal
  /** Told what came of it, as a sentence about the server: "It asked …". Never what was answered. */
  readonly onNote: (sentence: string) => void
}

const DECLINED: ElicitationAnswer = { action: 'decline' }

/** Asks the person behind one call, one form at a time, while the call's clock stands still. */
export function createCallerInput(options: CallerInputOptions): AskCaller {
  const { onElicit, clock, signal, onNote } = options
  const maxWaitMs = Math.min(options.maxWaitMs, MAX_ELICITATION_WAIT_MS)
  let asked = 0
  let before: Promise<unknown> = Promise.resolve()

  async function askPerson(params: unknown, withdrawn?: AbortSignal): Promise<ElicitationAnswer> {
    const form = readElicitation(params)
    if (typeof form === 'string') return declined(`It asked for input that ${form}: declined.`)
    if (!onElicit) return declined('It asked for input, and nobody can be asked here: declined.')
    const asking = withdrawn ? AbortSignal.any([signal, withdrawn]) : signal
    const answer = await onElicit(form, { maxWaitMs, signal: asking }).catch((error: unknown) => {
      signal.throwIfAborted()
      if (!asking.aborted) throw error
    })
    if (answer) return answer
    onNote('It asked for input, and nobody answered in time: cancelled.')
    return { action: 'cancel' }
  }

  function declined(note: string): ElicitationAnswer {
    onNote(note)
    return DECLINED
  }

  return async (params, withdrawn) => {
    asked += 1
    if (asked > MAX_ELICITATIONS_PER_CALL) {
      if (asked === MAX_ELICITATIONS_PER_CALL + 1) {
        onNote(`It asked for input more than ${MAX_ELICITATIONS_PER_CALL} times: declined.`)
      }
      return DECLINED
    }
    const release = clock.hold()
    const turn = before.then(() => {
      signal.throwIfAborted()
      return askPerson(params, withdrawn)
    })
    before = turn.catch(() => undefined)
    return turn.finally(release)
  }
}

/** Parameters of a call that is repeated with what its server asked for. */
export type InputParams = Pick<InputRequiredResult, 'requestState'> & {
  readonly inputResponses?: Readonly<Record<string, ElicitationAnswer>>
}

/**
 * Answers what a server wants before it goes on with a call (multi-round-trip requests of MCP 2026-07-28). Throws
 * McpFailure for what is never answered, and the signal's reason.
 */
export async function answerInput(
  { inputRequests = {}, requestState }: InputRequiredResult,
  ask: AskCaller,
  signal: AbortSignal
): Promise<InputParams> {
  if ((requestState?.length ?? 0) > MAX_STATE_CHARACTERS) {
    throw new McpFailure(
      'refused',
      'It asked for input, with a state that is too long to send back.'
    )
  }
  const state = requestState === undefined ? {} : { requestState }
  const requests = Object.entries(inputRequests)
  const other = requests.find(([, request]) => methodOf(request) !== 'elicitation/create')
  if (other) {
    const method = String(methodOf(other[1])).slice(0, 50)
    throw new McpFailure('refused', `It asked for ${method}, which is not offered to it.`)
  }
  if (requests.length > MAX_ELICITATIONS_PER_CALL) {
    throw new McpFailure('refused', 'It asked for too much input at once.')
  }
  if (requests.length === 0) await sleep(ROUND_PAUSE_MS, undefined, { signal })
  const responses: Record<string, ElicitationAnswer> = {}
  for (const [key, request] of requests) responses[key] = await ask(paramsOf(request))
  return requests.length === 0 ? state : { ...state, inputResponses: responses }
}

const methodOf = (request: unknown) => (isRecord(request) ? request.method : undefined)
const paramsOf = (request: unknown) => (isRecord(request) ? request.params : undefined)
