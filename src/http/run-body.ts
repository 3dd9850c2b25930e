import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { RunStep, RunView } from '../runs/run.ts'
import type { RunOutcome } from '../runs/run-outcome.ts'
import { recipesOf } from '../runs/step-recipes.ts'
import type { chatResponseSchema, runViewSchema } from './schemas.ts'

export type ChatBody = z.output<typeof chatResponseSchema>

/** A run as `GET /api/v1/runs/{id}` shows it. */
export function toRunBody(run: RunView): z.output<typeof runViewSchema> {
  const { footer, ...rest } = run
  const lists = { steps: run.steps.map(toStepBody), approvals: [...run.approvals] }
  if (!footer) return { ...rest, ...lists }
  const { evidence, gaps } = footer
  return {
    ...rest,
    ...lists,
    footer: { ...footer, evidence: [...evidence], gaps: [...gaps] }
  }
}

function toStepBody(step: RunStep) {
  const recipes = recipesOf(step)
  return { ...step, ...(recipes && { recipes }) }
}

/** Throws the run's error: a run that failed is a failed request, with the run's id for those who look. */
export function toChatBody(run: Pick<RunView, 'id' | 'conversationId'> & RunOutcome): ChatBody {
  const { id: runId, conversationId, state, model, response, claims, footer, error } = run
  if (error) {
    throw new AppError(error.code, error.message, { details: { ...error.details, runId } })
  }
  if (state !== 'succeeded' && state !== 'stopped' && state !== 'waiting') {
    throw new AppError('INTERNAL', `The run ended as ${state}.`, { details: { runId } })
  }
  const { evidence = [], gaps = [], usage } = footer ?? {}
  return {
    conversationId,
    runId,
    state,
    model,
    response,
    toolCalls: run.steps.map(toStepBody),
    approvals: [...run.approvals],
    claims,
    evidence: [...evidence],
    gaps: [...gaps],
    usage
  }
}
