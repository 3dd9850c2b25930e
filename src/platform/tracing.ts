import {
  type Attributes,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace
} from '@opentelemetry/api'
import { AppError } from '../errors.ts'

// Only the API, which does nothing until `trace-export.ts` has registered a provider: spans cost a function call then.

const SCOPE = 'nautobot-ai-ops'
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const ERROR_NAME = /^[\w.-]{1,64}$/

export interface SpanFacts {
  /** Of few values: no id, no address, nothing that anybody wrote. */
  readonly name: string
  readonly kind?: 'server' | 'client' | 'internal'
  readonly attributes?: Attributes
  /** W3C traceparent of what caused it; unless given, the span that is open. What is none begins a trace. */
  readonly parent?: string | undefined
  /** Names a failure of the work; `errorType` unless given. */
  readonly errorTypeOf?: (error: unknown) => string
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL
} as const

/** A span with the place in which its work belongs. Whoever opens it ends it. */
export interface OpenSpan {
  readonly span: Span
  /** Whatever is begun in there, and awaited by it, belongs to the span. A generator does not: its steps belong to who asks for them. */
  within<T>(work: () => T): T
}

export function openSpan({
  name,
  kind = 'internal',
  attributes = {},
  parent
}: SpanFacts): OpenSpan {
  const around = parent === undefined ? context.active() : contextOf(parent)
  const span = trace.getTracer(SCOPE).startSpan(name, { kind: KINDS[kind], attributes }, around)
  const inside = trace.setSpan(around, span)
  return { span, within: (work) => context.with(inside, work) }
}

/** Does its work in a span, which ends with it. A failure is told by its code, never in its own words. */
export async function traced<T>(facts: SpanFacts, work: (span: Span) => Promise<T>): Promise<T> {
  const { span, within } = openSpan(facts)
  try {
    return await within(() => work(span))
  } catch (error) {
    failSpan(span, (facts.errorTypeOf ?? errorType)(error))
    throw error
  } finally {
    span.end()
  }
}

/** In a span of its own only when something recorded is under way: heartbeats and timers make no traces. */
export async function tracedWithin<T>(
  facts: SpanFacts,
  work: (span: Span | undefined) => Promise<T>
): Promise<T> {
  return isTraced() ? traced(facts, work) : work(undefined)
}

export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** A span is open here, it is recorded, and it has not ended. */
export function isTraced(): boolean {
  return trace.getActiveSpan()?.isRecording() ?? false
}

export function activeSpan(): Span | undefined {
  return trace.getActiveSpan()
}

/** W3C traceparent of the open span, for whoever is asked; undefined when nothing is traced. */
export function currentTraceparent(): string | undefined {
  const found = openContext()
  if (!found) return undefined
  const flags = (found.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')
  return `00-${found.traceId}-${found.spanId}-${flags}`
}

/** Not of a span that has ended: what a request has set going may outlive it, and is not its work any more. */
function openContext(): SpanContext | undefined {
  const span = trace.getActiveSpan()
  const found = span?.spanContext()
  if (!span || !found || !isSpanContextValid(found)) return undefined
  const isSampled = (found.traceFlags & TraceFlags.SAMPLED) !== 0
  return isSampled && !span.isRecording() ? undefined : found
}

/** The header that goes to a server of our own choosing, so that its spans join the trace. */
export function traceHeaders(): { readonly traceparent?: string } {
  const traceparent = currentTraceparent()
  return traceparent === undefined ? {} : { traceparent }
}

/** For log lines, under the names that OpenTelemetry gives them; nothing when nothing is traced. */
export function traceFields(): { readonly trace_id?: string; readonly span_id?: string } {
  const found = openContext()
  if (!found) return {}
  return { trace_id: found.traceId, span_id: found.spanId }
}

function contextOf(traceparent: string) {
  const [, traceId = '', spanId = '', flags = '00'] = TRACEPARENT.exec(traceparent) ?? []
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  const parent = { traceId, spanId, traceFlags, isRemote: true }
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
}

/** A word of few values for what went wrong: ours, Node's, or the class of the error. */
export function errorType(error: unknown): string {
  if (error instanceof AppError) return error.code
  if (!(error instanceof Error)) return 'aborted'
  const code = 'code' in error ? error.code : undefined
  const word = typeof code === 'string' ? code : error.name
  return ERROR_NAME.test(word) ? word : 'Error'
}
