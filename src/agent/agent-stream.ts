import type { UnavailableServer } from '../tool-server.ts'
import type { AgentEvent, Footer, ToolCallNote } from './agent-events.ts'
import type { AgentStep, PlannedCall } from './agent-step.ts'

const MAX_EVIDENCE_LINKS = 20
const MAX_GAPS = 20
/** What a reader of the events sees of one tool result; the model reads the whole. */
export const MAX_SHOWN_RESULT_CHARACTERS = 20_000

/** Translates the graph's steps to AG-UI events, and keeps the facts that the footer needs. */
export interface AgentStream {
  translate(step: AgentStep): AgentEvent[]
  /** Ends an open text: AG-UI allows no open part at the end of a run. */
  close(): AgentEvent[]
  /** Text shown in the message that is not complete yet. */
  openText(): { readonly messageId: string; readonly text: string } | undefined
  footer(incomplete: boolean): Footer
}

export interface AgentStreamOptions {
  /** Finished calls of earlier attempts: their facts belong to the footer too. */
  readonly earlier?: readonly ToolCallNote[]
  readonly unavailable: readonly UnavailableServer[]
  readonly startedAtMs: number
  readonly now: () => number
}

export function createAgentStream(options: AgentStreamOptions): AgentStream {
  const { unavailable, startedAtMs, now, earlier = [] } = options
  const links = new Map(earlier.flatMap((call) => call.links.map((link) => [link.url, link])))
  const gaps = new Set([
    ...unavailable.map(({ server, reason }) => `${server} could not be asked: ${reason}`),
    ...earlier.flatMap((call) => call.gaps ?? [])
  ])
  const totals = { modelCalls: 0, toolCalls: earlier.length, inputTokens: 0, outputTokens: 0 }
  let open: { messageId: string; deltas: string[] } | undefined

  function close(): AgentEvent[] {
    if (!open) return []
    const { messageId } = open
    open = undefined
    return [{ type: 'TEXT_MESSAGE_END', messageId }]
  }

  function text(messageId: string, delta: string): AgentEvent[] {
    const content: AgentEvent = { type: 'TEXT_MESSAGE_CONTENT', messageId, delta }
    if (open) {
      open.deltas.push(delta)
      return [content]
    }
    open = { messageId, deltas: [delta] }
    return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }, content]
  }

  function result({ call, server, result, durationMs }: ResultStep): AgentEvent[] {
    totals.toolCalls += 1
    for (const link of result.links) links.set(link.url, link)
    for (const gap of result.gaps) gaps.add(gap)
    return resultEvents({ kind: 'result', call, server, result, durationMs })
  }

  return {
    translate(step) {
      switch (step.kind) {
        case 'text':
          return text(step.messageId, step.delta)
        case 'calls':
          return [...close(), ...step.calls.flatMap((call) => callEvents(step.messageId, call))]
        case 'result':
          return result(step)
        case 'gap':
          gaps.add(step.sentence)
          return []
        case 'answered':
          totals.modelCalls += 1
          totals.inputTokens += step.usage.inputTokens
          totals.outputTokens += step.usage.outputTokens
          return close()
      }
    },
    close,
    openText: () => open && { messageId: open.messageId, text: open.deltas.join('') },
    footer: (incomplete) => ({
      evidence: [...links.values()].slice(0, MAX_EVIDENCE_LINKS),
      gaps: [...gaps].slice(0, MAX_GAPS),
      usage: { ...totals, durationMs: Math.round(now() - startedAtMs) },
      incomplete
    })
  }
}

type ResultStep = Extract<AgentStep, { kind: 'result' }>

function callEvents(
  parentMessageId: string,
  { id, name, args, malformed }: PlannedCall
): AgentEvent[] {
  return [
    { type: 'TOOL_CALL_START', toolCallId: id, toolCallName: name, parentMessageId },
    { type: 'TOOL_CALL_ARGS', toolCallId: id, delta: malformed ?? JSON.stringify(args) },
    { type: 'TOOL_CALL_END', toolCallId: id }
  ]
}

function resultEvents({ call, server, result, durationMs }: ResultStep): AgentEvent[] {
  const { text, isError, rows, links, gaps } = result
  const content =
    text.length > MAX_SHOWN_RESULT_CHARACTERS
      ? `${text.slice(0, MAX_SHOWN_RESULT_CHARACTERS)}\n… ${text.length - MAX_SHOWN_RESULT_CHARACTERS} more characters are not shown.`
      : text
  return [
    {
      type: 'TOOL_CALL_RESULT',
      messageId: `${call.id}-result`,
      toolCallId: call.id,
      content,
      role: 'tool'
    },
    {
      type: 'CUSTOM',
      name: 'tool_call',
      value: {
        toolCallId: call.id,
        server,
        isError,
        durationMs,
        links,
        ...(rows !== undefined && { rows }),
        ...(gaps.length > 0 && { gaps })
      }
    }
  ]
}
