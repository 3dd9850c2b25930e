import { createHash } from 'node:crypto'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { canonicalJson } from '../platform/json.ts'
import type { ToolDefinition } from '../tool-server.ts'
import type { AgentEvent, ApprovalAction, ApprovalDecision, CustomEvent } from './agent-events.ts'
import type { PlannedCall } from './agent-step.ts'
import { argumentProblems } from './argument-check.ts'

type Tools = readonly ToolDefinition[]

/** What a person decided, by call. */
export type Decisions = ReadonlyMap<string, ApprovalDecision>

/**
 * What a log has to keep of the calls that waited: each request and each decision once, however many attempts told it
 * again. A request stays ahead of its decisions.
 */
export function approvalsIn(events: readonly AgentEvent[]): CustomEvent[] {
  const known = new Map<string, CustomEvent>()
  for (const event of events) {
    if (event.type !== 'CUSTOM') continue
    if (event.name === 'approval_requested') {
      known.set(JSON.stringify(event.value.actions.map(({ toolCallId }) => toolCallId)), event)
    } else if (event.name === 'approval_decided') {
      known.set(event.value.toolCallId, event)
    }
  }
  return [...known.values()]
}

/**
 * Whatever may have effects, by the administrator's word. An unknown tool is answered with that, and arguments that do not
 * fit with what is wrong: nobody is asked about a call that is not made anyway.
 */
export function needsApproval({ name, args, malformed }: PlannedCall, tools: Tools): boolean {
  const tool = toolOf(name, tools)
  if (!tool || tool.readOnly || malformed !== undefined) return false
  return argumentProblems(args, tool.inputSchema).length === 0
}

/** The calls of the newest answer that have no result yet. */
export function openCalls(messages: readonly BaseMessage[]): PlannedCall[] {
  const place = messages.findLastIndex((message) => AIMessage.isInstance(message))
  const answer = messages[place]
  if (!AIMessage.isInstance(answer)) return []
  const answered = new Set(
    messages
      .slice(place + 1)
      .flatMap((message) => (ToolMessage.isInstance(message) ? [message.tool_call_id] : []))
  )
  return (answer.tool_calls ?? [])
    .map(({ id = '', name, args }) => ({ id, name, args }))
    .filter(({ id }) => !answered.has(id))
}

/** What a person is shown of a call, and what their decision is bound to. */
export function actionOf(call: PlannedCall, tools: Tools): ApprovalAction {
  const { id: toolCallId, name, args } = call
  const server = toolOf(name, tools)?.server ?? 'unknown'
  return { toolCallId, name, server, arguments: args, hash: actionHash(call, tools) }
}

/**
 * Why a call is not made; undefined when it may be. An approval is for exactly what was shown: these arguments, this
 * tool as it was described then, this server at its address then.
 */
export function refusalOf(call: PlannedCall, tools: Tools): string | undefined {
  const tool = toolOf(call.name, tools)
  const { approvedHash } = call
  if (approvedHash === undefined) {
    if (!tool || tool.readOnly) return undefined
    return `Not called: ${call.name} may have effects and was not approved. Send the call again to ask for approval.`
  }
  if (!tool) return `Not called: ${call.name} was approved, but it is not offered any more.`
  if (approvedHash === actionHash(call, tools)) return undefined
  return `Not called: ${call.name} or its server was changed after this call was approved. Send the call again to ask for approval.`
}

/** What the model reads of a call that a person does not want. */
export function rejectionOf({ reason }: ApprovalDecision): string {
  const because = reason === undefined ? '' : ` Their reason: ${reason}`
  return `Not called: the person who asked rejected this call.${because}\nDo not send it again unless they ask for it.`
}

function actionHash({ id, name, args }: PlannedCall, tools: Tools): string {
  const tool = toolOf(name, tools)
  const shown = { id, name, args, origin: tool?.origin, schema: tool?.inputSchema }
  return createHash('sha256').update(canonicalJson(shown)).digest('base64url')
}

function toolOf(name: string, tools: Tools): ToolDefinition | undefined {
  return tools.find((tool) => tool.name === name)
}
