import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

type WireValue = {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly WireValue[] }
}
interface WireAttribute {
  readonly key: string
  readonly value: WireValue
}
interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly events?: readonly unknown[]
  readonly attributes?: readonly WireAttribute[]
}

interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly isError: boolean
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface TraceCollector {
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** Attributes of whatever sends, of the last request. */
  resource(): Readonly<Record<string, unknown>>
  /** Headers of the last request. */
  headers(): IncomingHttpHeaders
  /** Everything received, as it came over the wire. */
  words(): string
  /** From now on answers with this status; 0: not at all. */
  answer(status: number): void
  stop(): Promise<void>
}

/** An OpenTelemetry collector that understands OTLP in JSON over HTTP, and keeps what it is sent. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  const bodies: string[] = []
  let resource: Readonly<Record<string, unknown>> = {}
  let headers: IncomingHttpHeaders = {}
  let status = 200

  function keep(text: string): void {
    for (const each of (JSON.parse(text) as WireTraces).resourceSpans) {
      resource = attributesOf(each.resource.attributes)
      spans.push(...each.scopeSpans.flatMap((scope) => scope.spans.map(spanOf)))
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    headers = request.headers
    bodies.push(text)
    if (status === 0) return
    const isJson = headers['content-type'] === 'application/json'
    if (status === 200 && isJson) keep(text)
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    resource: () => resource,
    headers: () => headers,
    words: () => bodies.join('\n'),
    answer: (next) => {
      status = next
    },
    stop: async () => {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    }
  }
}

function spanOf({ traceId, spanId, parentSpanId, name, status, attributes }: WireSpan) {
  return {
    ...{ traceId, spanId, name, parentSpanId: parentSpanId || undefined },
    isError: status?.code === 2,
    attributes: attributesOf(attributes ?? [])
  }
}

function attributesOf(attributes: readonly WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]))
}

function readValue(value: WireValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(readValue)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.doubleValue ?? value.boolValue
}

/** `depth  name` of a trace, children in the order of their end. */
export function treeOf(spans: readonly CollectedSpan[], root: string | undefined): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === root)
    .flatMap(({ name, spanId }) => [name, ...treeOf(spans, spanId).map((line) => `  ${line}`)])
}
