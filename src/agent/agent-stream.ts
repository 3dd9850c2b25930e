import type { ToolResult, UnavailableServer } from '../tool-server.ts'
import type {
  AgentEvent,
  AnswerClaims,
  Footer,
  ModelCallNote,
  ToolCallNote,
  Usage
} from './agent-events.ts'
import type { AgentStep, PlannedCall } from './agent-step.ts'
import { snapshotEvents } from './earlier-attempts.ts'
import { costOf } from './model-cost.ts'

const MAX_EVIDENCE_LINKS = 20
/** Sentences in a footer, and events that tell of them. */
const MAX_GAPS = 20
/** Of claims that were not found, in the footer's sentence; the text marks all. */
const MAX_NAMED_CLAIMS = 5
/** What a reader of the events sees of one tool result; the model reads the whole. */
export const MAX_SHOWN_RESULT_CHARACTERS = 20_000

/** Translates the graph's steps to AG-UI events, and keeps the facts that the footer needs. */
export interface AgentStream {
  translate(step: Exclude<AgentStep, { kind: 'approval' }>): AgentEvent[]
  /** Ends an open text: AG-UI allows no open part at the end of a run. */
  close(): AgentEvent[]
  /** Text shown in the message that is not complete yet. */
  openText(): { readonly messageId: string; readonly text: string } | undefined
  footer(incomplete: boolean): Footer
}

export interface AgentStreamOptions {
  /** Finished calls of earlier attempts: their facts belong to the footer too. */
  readonly earlier?: readonly ToolCallNote[]
  /** Of earlier attempts, too. */
  readonly modelCalls?: readonly ModelCallNote[]
  readonly unavailable: readonly UnavailableServer[]
  /** What of the choice of model and servers could not be had. */
  readonly gaps?: readonly string[]
  readonly startedAtMs: number
  readonly now: () => number
}

export function createAgentStream(options: AgentStreamOptions): AgentStream {
  const { startedAtMs, now, earlier = [], modelCalls = [] } = options
  const links = new Map(earlier.flatMap((call) => call.links.map((link) => [link.url, link])))
  const gaps = new Set(gapsBefore(options))
  const notes = new Map(earlier.map((note) => [note.toolCallId, note]))
  const totals = totalsOf(modelCalls, earlier.length)
  const text = createOpenText()

  function result({ call, server, result, durationMs }: ResultStep): AgentEvent[] {
    totals.toolCalls += 1
    for (const link of result.links) links.set(link.url, link)
    for (const gap of result.gaps) gaps.add(gap)
    const note = {
      ...noteOf({ kind: 'result', call, server, result, durationMs }),
      // Tools run between two calls of the model.
      modelCall: totals.modelCalls
    }
    notes.set(call.id, note)
    return [resultEvent(call, result), { type: 'CUSTOM', name: 'tool_call', value: note }]
  }

  return {
    translate(step) {
      switch (step.kind) {
        case 'text':
          return text.add(step.messageId, step.delta)
        case 'calls':
          return [
            ...text.close(),
            ...step.calls.flatMap((call) => callEvents(step.messageId, call))
          ]
        case 'result':
          return result(step)
        case 'told':
          return [step.event]
        case 'restarted':
          return [...text.close(), ...snapshotEvents(notes, step.messages)]
        case 'gap':
          return tellGap(gaps, step.sentence)
        case 'claims':
          for (const gap of missingGap(step.claims)) gaps.add(gap)
          return [{ type: 'CUSTOM', name: 'claims', value: step.claims }]
        case 'spent':
          return [addUsage(totals, step)]
        case 'answered':
          return [...text.close(), addUsage(totals, step)]
      }
    },
    close: text.close,
    openText: text.shown,
    footer: (incomplete) => ({
      evidence: [...links.values()].slice(0, MAX_EVIDENCE_LINKS),
      gaps: [...gaps].slice(0, MAX_GAPS),
      usage: { ...totals, durationMs: Math.round(now() - startedAtMs) },
      incomplete
    })
  }
}

/** Once each, and no more than a footer has room for. */
function tellGap(gaps: Set<string>, sentence: string): AgentEvent[] {
  if (gaps.has(sentence) || gaps.size >= MAX_GAPS) return []
  gaps.add(sentence)
  return [{ type: 'CUSTOM', name: 'gap', value: { sentence } }]
}

function gapsBefore({ gaps = [], unavailable, earlier = [] }: AgentStreamOptions): string[] {
  return [
    ...gaps,
    ...unavailable.map(({ server, reason }) => `${server} could not be asked: ${reason}`),
    ...earlier.flatMap((call) => call.gaps ?? [])
  ]
}

/** The text that is being said. */
function createOpenText() {
  let open: { readonly messageId: string; readonly deltas: string[] } | undefined

  return {
    add(messageId: string, delta: string): AgentEvent[] {
      const content: AgentEvent = { type: 'TEXT_MESSAGE_CONTENT', messageId, delta }
      if (open) {
        open.deltas.push(delta)
        return [content]
      }
      open = { messageId, deltas: [delta] }
      return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }, content]
    },
    close(): AgentEvent[] {
      if (!open) return []
      const { messageId } = open
      open = undefined
      return [{ type: 'TEXT_MESSAGE_END', messageId }]
    },
    shown: () => open && { messageId: open.messageId, text: open.deltas.join('') }
  }
}

function totalsOf(modelCalls: readonly ModelCallNote[], toolCalls: number): Totals {
  const totals: Totals = { modelCalls: 0, toolCalls, inputTokens: 0, outputTokens: 0 }
  for (const call of modelCalls) addCall(totals, call)
  return totals
}

function addCall(totals: Totals, call: Omit<ModelCallNote, 'number' | 'model'>): void {
  totals.modelCalls += 1
  totals.inputTokens += call.inputTokens
  totals.outputTokens += call.outputTokens
  if (call.cost !== undefined) totals.cost = (totals.cost ?? 0) + call.cost
}

/** Adds up what the run took, and tells what this call did. */
function addUsage(totals: Totals, step: AnsweredStep): AgentEvent {
  const { usage, model, durationMs } = step
  const hasPrice = model.inputPrice !== undefined || model.outputPrice !== undefined
  const cost = hasPrice ? costOf(usage, model) : undefined
  const took = { ...usage, ...(cost !== undefined && { cost }), durationMs }
  addCall(totals, took)
  const value = { number: totals.modelCalls, model: model.name, ...took }
  return { type: 'CUSTOM', name: 'model_call', value }
}

function missingGap({ marks }: AnswerClaims): string[] {
  const missing = marks.filter(({ verdict }) => verdict === 'missing')
  if (missing.length === 0) return []
  const named = [...new Set(missing.map(({ text }) => text))]
  const more = named.length > MAX_NAMED_CLAIMS ? ` and ${named.length - MAX_NAMED_CLAIMS} more` : ''
  return [`Not found in the data: ${named.slice(0, MAX_NAMED_CLAIMS).join(', ')}${more}.`]
}

type Totals = { -readonly [K in keyof Omit<Usage, 'durationMs'>]: Usage[K] }
type AnsweredStep = Extract<AgentStep, { kind: 'answered' | 'spent' }>
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

function resultEvent(call: PlannedCall, { text }: ToolResult): AgentEvent {
  const content =
    text.length > MAX_SHOWN_RESULT_CHARACTERS
      ? `${text.slice(0, MAX_SHOWN_RESULT_CHARACTERS)}\n… ${text.length - MAX_SHOWN_RESULT_CHARACTERS} more characters are not shown.`
      : text
  return {
    type: 'TOOL_CALL_RESULT',
    messageId: `${call.id}-result`,
    toolCallId: call.id,
    content,
    role: 'tool'
  }
}

function noteOf({ call, server, result, durationMs }: ResultStep): ToolCallNote {
  const { isError, rows, links, gaps } = result
  return {
    toolCallId: call.id,
    server,
    isError,
    durationMs,
    bytes: Buffer.byteLength(result.text),
    links,
    ...(rows !== undefined && { rows }),
    ...(gaps.length > 0 && { gaps })
  }
}
