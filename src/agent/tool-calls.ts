import { AppError } from '../errors.ts'
import type { ToolProgress, ToolResult } from '../tool-server.ts'
import type { PlannedCall, Writer } from './agent-step.ts'
import { refusalOf } from './approvals.ts'
import { auditedCall } from './audited-call.ts'
import { refusal } from './call-guard.ts'
import { elicitFor } from './elicitations.ts'
import type { RunContext } from './run-context.ts'

/**
 * Makes a call, or says why not. Throws RUN_INTERRUPTED for one whose effects nobody knows; what the tool set throws; the
 * signal's reason when that aborts.
 */
export async function resultOf(
  call: PlannedCall,
  run: RunContext,
  writer: Writer
): Promise<ToolResult> {
  run.used.toolCalls += 1
  if (run.used.toolCalls > run.limits.maxToolCalls) {
    return refusal(`Not called: one question may use ${run.limits.maxToolCalls} tool calls.`)
  }
  const refused = run.guard.refusalOf(call, run.used.modelCalls)
  if (refused) return refused
  const unapproved = refusalOf(call, run.tools.tools)
  if (unapproved !== undefined) return refusal(unapproved)
  await refuseRepeated(call, run)
  return callInTime(call, run, writer)
}

/** When the run's time is nearly up, the model answers without the result. */
async function callInTime(call: PlannedCall, run: RunContext, writer: Writer): Promise<ToolResult> {
  const { late } = run.deadline
  try {
    const onProgress = (progress: ToolProgress) => {
      const value = { toolCallId: call.id, ...progress }
      writer({ kind: 'told', event: { type: 'CUSTOM', name: 'tool_progress', value } })
    }
    const signal = AbortSignal.any([run.signal, late])
    const onElicit = elicitFor(call, run, writer)
    return await auditedCall(call, run, { signal, onProgress, ...(onElicit && { onElicit }) })
  } catch (error) {
    if (run.signal.aborted || !late.aborted) throw error
    const text = `${call.name} was not finished: the time for this question is nearly up. Whether it was carried out is not known.`
    return refusal(text, `${call.name} was not finished in time.`)
  }
}

/** Whether a call with effects that an earlier attempt began has done its work, nobody here can know. */
async function refuseRepeated({ id, name }: PlannedCall, run: RunContext): Promise<void> {
  const tool = run.tools.tools.find((one) => one.name === name)
  // One that is not there any more may have had effects when it was.
  if (tool?.readOnly || (await run.beginCall(id))) return
  throw new AppError(
    'RUN_INTERRUPTED',
    `The answer was interrupted while ${name} was under way. Whether it was carried out is not known, so it was not called again.`,
    { details: { toolCallId: id, tool: name } }
  )
}
