import type { ToolDefinition, ToolResult } from '../tool-server.ts'
import type { PlannedCall } from './agent-step.ts'
import { argumentProblems } from './argument-check.ts'
import { fingerprintOf } from './call-fingerprint.ts'

/** Calls that ask nearly the same, of one run. */
export const MAX_SAME_CALLS = 3
/** After so many refused ones the model will not stop by itself. */
const MAX_REFUSED_REPEATS = 2

/** Which calls of a run are made; the model is told why another one is not. */
export interface CallGuard {
  /**
   * What is answered instead of making the call; undefined: it is to be made. `modelCall` is the number of the model's
   * answer that asks for it: what is wrong twice in one answer is told once before it is given up.
   */
  refusalOf(call: PlannedCall, modelCall: number): ToolResult | undefined
  /** The tool whose same call the model does not stop asking for. */
  stuckOn(): string | undefined
}

/** Calls of earlier attempts count like those that are made now. */
export function createCallGuard(
  tools: readonly ToolDefinition[],
  earlier: readonly PlannedCall[] = []
): CallGuard {
  const schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema]))
  const counts = new Map<string, number>()
  /** By tool: the answer in which its arguments did not fit first. */
  const toldAt = new Map<string, number>()
  let refusedRepeats = 0
  let stuckOn: string | undefined

  function refuseRepeat({ name, args }: PlannedCall): ToolResult | undefined {
    const fingerprint = fingerprintOf({ name, args })
    const count = (counts.get(fingerprint) ?? 0) + 1
    counts.set(fingerprint, count)
    if (count <= MAX_SAME_CALLS) return undefined
    refusedRepeats += 1
    if (refusedRepeats >= MAX_REFUSED_REPEATS) stuckOn = name
    return refusal(
      `Not called: ${name} was asked the same ${MAX_SAME_CALLS} times, and its answer does not change. Go on with what you have.`,
      `${name} was asked the same ${MAX_SAME_CALLS} times, and not once more.`
    )
  }

  function refuseUnfit(call: PlannedCall, modelCall: number): ToolResult | undefined {
    const { name } = call
    const problem = problemOf(call, schemas.get(name))
    if (problem === undefined) {
      toldAt.delete(name)
      return undefined
    }
    const told = toldAt.get(name)
    if (told === undefined) toldAt.set(name, modelCall)
    if (told === undefined || told === modelCall) {
      return refusal(`Not called: ${problem} Send the call again, corrected.`)
    }
    return refusal(
      `Not called, and given up: ${problem} Go on without this call.`,
      `A call of ${name} was given up: the model's arguments did not fit.`
    )
  }

  const refusalOf: CallGuard['refusalOf'] = (call, modelCall) =>
    refuseUnfit(call, modelCall) ?? refuseRepeat(call)

  for (const call of earlier) refusalOf(call, 0)

  return {
    refusalOf,
    stuckOn: () => stuckOn
  }
}

function problemOf(
  { malformed, args }: PlannedCall,
  schema: ToolDefinition['inputSchema'] | undefined
): string | undefined {
  if (malformed !== undefined) return 'the arguments were not a JSON object.'
  const problems = schema ? argumentProblems(args, schema) : []
  return problems.length > 0 ? `the arguments do not fit. ${problems.join(' ')}` : undefined
}

export function refusal(text: string, gap?: string): ToolResult {
  return { isError: true, text, links: [], gaps: gap === undefined ? [] : [gap] }
}
