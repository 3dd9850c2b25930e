import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { AppError } from '../errors.ts'
import { filtered, toModelError } from '../llm/model-errors.ts'
import { passingOf } from '../llm/retry-after.ts'
import type { AgentStep } from './agent-step.ts'
import { costOf, tokensOf } from './model-cost.ts'
import { mayFallBack, predicateOf } from './model-failure.ts'
import { delayBeforeRetry } from './model-patience.ts'
import { askModel, type ModelAnswer, type TimedAnswer } from './model-turn.ts'
import type { RunContext } from './run-context.ts'
import { outOfTime, reachedLimit } from './run-limits.ts'
import type { ShownText, ShownTry } from './shown-text.ts'
import { createTextCoalescer } from './text-coalescer.ts'

const COALESCE_WINDOW_MS = 50
const ANSWER_NOW = 'Answer now with what you have.'
const SAY_SOMETHING = 'Your answer was empty. Answer the question, or say why you cannot.'
const EMPTY = 'The model gave an empty answer, twice.'

export interface ModelQuestion {
  /** What the model reads. */
  readonly prompt: readonly BaseMessage[]
  /** Of all calls in the conversation so far. */
  readonly usedCallIds: readonly string[]
  readonly shown: ShownText
}

interface Asking extends ModelQuestion {
  readonly run: RunContext
  readonly writer: (step: AgentStep) => void
  /** The model may not call tools any more. */
  readonly isLast: boolean
}

export interface LimitedAnswer extends TimedAnswer {
  readonly isLast: boolean
}

/**
 * Asks the run's models until one has answered: again after a failure that passes, then the next one. At a limit of the
 * run, and when its time is nearly up, the model has to answer with what it has. Says what happens to those who wait,
 * and what is missing in the footer. Throws the failure (MODEL_…) of the first model that could not answer.
 */
export async function askWithinLimits(
  run: RunContext,
  question: ModelQuestion,
  writer: Asking['writer']
): Promise<LimitedAnswer> {
  const asking = { ...question, run, writer }
  const { used, limits, deadline, guard } = run
  const limit = reachedLimit({ used, limits, deadline, stuckOn: guard.stuckOn() })
  const answer = limit ? undefined : await askForWords({ ...asking, isLast: false })
  if (answer) return { ...answer, isLast: false }
  const { sentence, told } = limit ?? outOfTime(deadline)
  writer({ kind: 'gap', sentence })
  const prompt = [...question.prompt, new HumanMessage(`${told} ${ANSWER_NOW}`)]
  const last = await askForWords({ ...asking, prompt, isLast: true })
  if (!last) throw new Error('The last call of a model has no deadline of its own')
  return { ...last, isLast: true }
}

/** Asks once more when nothing was said; what is called in a last answer counts as nothing. */
async function askForWords(asking: Asking): Promise<TimedAnswer | undefined> {
  const first = await askInTurn(asking)
  if (!first || !isEmpty(first, asking)) return first
  const { usage, model, durationMs } = first
  asking.writer({ kind: 'answered', usage, model, durationMs })
  const prompt = [...asking.prompt, new HumanMessage(SAY_SOMETHING)]
  const second = await askInTurn({ ...asking, prompt })
  return second && isEmpty(second, asking) ? { ...second, gap: EMPTY } : second
}

function isEmpty({ message, calls, gap }: ModelAnswer, { isLast }: Asking): boolean {
  return gap === undefined && message.text === '' && (isLast || calls.length === 0)
}

/** Asks one model after the other. Undefined when the run's time is nearly up before a word was said. */
async function askInTurn(asking: Asking): Promise<TimedAnswer | undefined> {
  const { run, writer } = asking
  const failures: Failed[] = []
  for (;;) {
    const { name } = run.models.current()
    try {
      const answer = await askOne(asking)
      tellStandIn(name, failures, writer)
      return answer
    } catch (error) {
      run.signal.throwIfAborted()
      const failure = AppError.from(error)
      failures.push({ name, failure })
      const next = mayFallBack(failure) ? run.models.next() : undefined
      if (!next) throw endOf(failures, writer)
      const { name: standIn, source } = next
      run.observer.modelFailed(failure, { correlationId: run.correlationId, standIn })
      const insteadOf = { name, reason: predicateOf(failure) }
      const value = { name: standIn, isLab: source === 'lab', insteadOf }
      writer({ kind: 'told', event: { type: 'CUSTOM', name: 'model', value } })
    }
  }
}

interface Failed {
  readonly name: string
  readonly failure: AppError
}

function tellStandIn(standIn: string, failures: readonly Failed[], writer: Asking['writer']): void {
  for (const { name, failure } of failures) {
    const sentence = `"${name}" could not answer (it ${predicateOf(failure)}); "${standIn}" answered.`
    writer({ kind: 'gap', sentence })
  }
}

/** The failure of the model that was asked for; of the others the footer tells. */
function endOf(failures: readonly Failed[], writer: Asking['writer']): AppError {
  const [first, ...others] = failures
  for (const { name, failure } of others) {
    const sentence = `"${name}" could not answer either (it ${predicateOf(failure)}).`
    writer({ kind: 'gap', sentence })
  }
  return first?.failure ?? AppError.from(undefined)
}

/** Asks the current model, again as long as its failures may pass. Throws its last failure. */
async function askOne(asking: Asking): Promise<TimedAnswer | undefined> {
  const { run, writer } = asking
  const { patience, models, signal, deadline } = run
  const model = models.current()
  const longestMs = models.hasNext() ? patience.maxWaitBeforeFallbackMs : patience.maxWaitMs
  let waitedMs = 0
  for (let tries = 1; ; tries += 1) {
    try {
      return await askOnce(asking, tries)
    } catch (error) {
      signal.throwIfAborted()
      const failure = toModelError(error, model)
      const passing = passingOf(failure)
      const maxWaitMs = Math.min(longestMs, waitedMs + deadline.remainingMs())
      const delayMs = passing && delayBeforeRetry(passing, { tries, waitedMs, maxWaitMs }, patience)
      if (delayMs === undefined) throw failure
      run.observer.modelFailed(failure, { correlationId: run.correlationId })
      const reason = predicateOf(failure)
      const tell = (seconds: number) => {
        const value = { model: model.name, reason, seconds }
        writer({ kind: 'told', event: { type: 'CUSTOM', name: 'retrying', value } })
      }
      tell(Math.max(1, Math.ceil(delayMs / 1000)))
      await patience.sleep(delayMs, signal)
      waitedMs += delayMs
      tell(0)
    }
  }
}

/** One request. Undefined when the run's time was nearly up before a word came. */
async function askOnce(asking: Asking, tries: number): Promise<TimedAnswer | undefined> {
  const { run, shown, isLast } = asking
  const shownTry = shown.begin()
  const late = new AbortController()
  const onLate = () => {
    if (!isLast && !shownTry.hasShown()) late.abort()
  }
  const { late: deadline } = run.deadline
  deadline.addEventListener('abort', onLate, { once: true })
  if (deadline.aborted) onLate()
  try {
    const signal = AbortSignal.any([run.signal, late.signal])
    const call = { run, signal, tries, prompt: asking.prompt }
    const answer = await observed(call, () => stream(asking, shownTry, signal))
    shownTry.finish()
    return answer
  } catch (error) {
    if (late.signal.aborted && !run.signal.aborted) return undefined
    throw error
  } finally {
    deadline.removeEventListener('abort', onLate)
  }
}

async function stream(
  { run, prompt, usedCallIds, isLast, writer }: Asking,
  shownTry: ShownTry,
  signal: AbortSignal
): Promise<ModelAnswer> {
  const startedAt = performance.now()
  const model = run.models.current()
  const bound = await run.models.bound(isLast)
  const text = createTextCoalescer(shownTry.show, COALESCE_WINDOW_MS)
  const said = await askModel(bound, run.search.toModel(prompt), {
    messageId: shownTry.messageId,
    usedCallIds,
    maxCharacters: run.limits.maxAnswerCharacters,
    signal,
    onText: text.push
  }).finally(text.flush)
  const answer = run.search.fromModel(said)
  addUse(run, prompt, answer)
  if (answer.isFiltered) {
    const durationMs = Math.round(performance.now() - startedAt)
    writer({ kind: 'spent', usage: answer.usage, model, durationMs })
    throw filtered(model)
  }
  return answer
}

export interface SummaryQuestion {
  readonly prompt: readonly BaseMessage[]
  readonly messageId: string
  readonly maxCharacters: number
}

/** Asks the current model once, without tools, as long as the run has time. Throws what its client throws. */
export async function askForSummary(
  run: RunContext,
  { prompt, messageId, maxCharacters }: SummaryQuestion
): Promise<TimedAnswer> {
  const signal = AbortSignal.any([run.signal, run.deadline.late])
  const answer = await observed({ run, signal, tries: 1, prompt }, async () =>
    askModel(await run.models.plain(), prompt, {
      ...{ messageId, maxCharacters, signal },
      usedCallIds: [],
      onText: () => undefined
    })
  )
  addUse(run, prompt, answer)
  return answer
}

function addUse(
  { used, models }: RunContext,
  prompt: readonly BaseMessage[],
  { usage, message }: ModelAnswer
): void {
  used.tokens += tokensOf(usage, [...prompt, message])
  used.cost += costOf(usage, models.current())
}

interface ObservedCall {
  readonly run: RunContext
  readonly signal: AbortSignal
  readonly tries: number
  readonly prompt: readonly BaseMessage[]
}

const NO_USE = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 }

async function observed(
  { run, signal, tries, prompt }: ObservedCall,
  ask: () => Promise<ModelAnswer>
): Promise<TimedAnswer> {
  const { models, observer } = run
  const model = models.current()
  const startedAt = performance.now()
  const durationMs = () => performance.now() - startedAt
  const outcomeOf = (error: unknown) =>
    signal.aborted ? 'stopped' : toModelError(error, model).code
  const timed = async (): Promise<TimedAnswer> => {
    const answer = await ask()
    return { ...answer, model, durationMs: Math.round(durationMs()) }
  }
  const standsInFor = model === models.chosen ? undefined : models.chosen.name
  const { name } = model
  try {
    const answer = await run.spans.model({ model, standsInFor, tries, prompt }, timed, outcomeOf)
    const { usage, firstPieceMs } = answer
    observer.modelCalled({ name, outcome: 'ok', durationMs: durationMs(), usage, firstPieceMs })
    return answer
  } catch (error) {
    const outcome = outcomeOf(error)
    const failed = { name, outcome, durationMs: durationMs(), firstPieceMs: undefined }
    observer.modelCalled({ ...failed, usage: NO_USE })
    throw error
  }
}
