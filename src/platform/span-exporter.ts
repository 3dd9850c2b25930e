import type { ISerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

/** Of ExportResultCode in @opentelemetry/core. */
const SUCCESS = 0
const FAILED = 1

type ExportDone = Parameters<SpanExporter['export']>[1]

export interface SpanExporterOptions {
  readonly url: string
  /** Name and value; secret. */
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
  readonly serializer: Pick<ISerializer<ReadableSpan[], unknown>, 'serializeRequest'>
  readonly fetch: typeof fetch
  /** Of one batch. It is sent once: spans are not worth a second try. */
  readonly timeoutMs: number
  /** Spans that were sent, or lost when `error` is given; must not throw. */
  readonly onExported: (spans: number, error?: Error) => void
}

/**
 * Sends batches by `fetch`, as every request that leaves this service: proxies, private CAs and the rules of egress count.
 * The exporters of OpenTelemetry have a client of their own.
 */
export function createSpanExporter(options: SpanExporterOptions): SpanExporter {
  const closing = new AbortController()

  async function send(spans: ReadableSpan[]): Promise<void> {
    const body = options.serializer.serializeRequest(spans)
    if (!body) throw new Error('The spans could not be written.')
    const response = await options.fetch(options.url, {
      method: 'POST',
      headers: { ...options.headers, 'content-type': options.contentType },
      body: Buffer.from(body),
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(options.timeoutMs)])
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`It answered ${response.status}.`)
  }

  return {
    export(spans: ReadableSpan[], done: ExportDone) {
      send(spans).then(
        () => {
          options.onExported(spans.length)
          done({ code: SUCCESS })
        },
        (error: Error) => {
          options.onExported(spans.length, error)
          done({ code: FAILED })
        }
      )
    },
    shutdown: async () => closing.abort()
  }
}
