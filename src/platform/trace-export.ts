import { context, trace } from '@opentelemetry/api'
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { withDeadline } from './deadline.ts'
import { createSpanExporter } from './span-exporter.ts'
import type { TraceSettings } from './trace-settings.ts'

const EXPORT_TIMEOUT_MS = 10_000
const MAX_QUEUED_SPANS = 2_048
const MAX_BATCH_SPANS = 512
const SPAN_LIMITS = {
  attributeCountLimit: 64,
  attributeValueLengthLimit: 16_384,
  eventCountLimit: 32,
  linkCountLimit: 8
}

export interface TraceExportOptions {
  readonly settings: TraceSettings
  readonly version: string
  readonly fetch: typeof fetch
  /** Spans that were sent, or lost when `error` is given; must not throw. */
  readonly onExported: (spans: number, error?: Error) => void
  readonly exportTimeoutMs?: number
  readonly maxQueuedSpans?: number
}

export interface TraceExport {
  /** Sends what there is, for at most `deadlineMs`; nothing is traced afterwards. */
  close(deadlineMs: number): Promise<void>
}

type Sdk = typeof import('@opentelemetry/sdk-trace')

/**
 * From now on spans are recorded and sent, in the background: what the collector does not take in time, or has no place in
 * the queue, is lost. Once per process, as OpenTelemetry's API is.
 */
export async function startTraceExport(options: TraceExportOptions): Promise<TraceExport> {
  const { settings } = options
  const [sdk, { resourceFromAttributes }, { AsyncLocalStorageContextManager }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/context-async-hooks')
  ])
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      ...parsePairs(settings.resourceAttributes),
      'service.name': settings.serviceName,
      'service.version': options.version
    }),
    sampler: samplerOf(sdk, settings),
    spanLimits: SPAN_LIMITS,
    spanProcessors: [await createProcessor(sdk, options)]
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  return {
    async close(deadlineMs) {
      await withDeadline(
        provider.forceFlush({ timeoutMillis: deadlineMs }).catch(() => undefined),
        deadlineMs
      )
      trace.disable()
      context.disable()
      await withDeadline(
        provider.shutdown().catch(() => undefined),
        deadlineMs
      )
    }
  }
}

async function createProcessor(sdk: Sdk, options: TraceExportOptions): Promise<SpanProcessor> {
  const { settings, fetch, onExported, exportTimeoutMs = EXPORT_TIMEOUT_MS } = options
  const { JsonTraceSerializer, ProtobufTraceSerializer } = await import(
    '@opentelemetry/otlp-transformer'
  )
  const isJson = settings.protocol === 'http/json'
  const exporter = createSpanExporter({
    url: `${settings.endpoint}/v1/traces`,
    headers: parsePairs(settings.headers?.reveal()),
    contentType: isJson ? 'application/json' : 'application/x-protobuf',
    serializer: isJson ? JsonTraceSerializer : ProtobufTraceSerializer,
    ...{ fetch, onExported },
    timeoutMs: exportTimeoutMs
  })
  const maxQueueSize = options.maxQueuedSpans ?? MAX_QUEUED_SPANS
  return new sdk.BatchSpanProcessor({
    exporter,
    maxQueueSize,
    maxExportBatchSize: Math.min(MAX_BATCH_SPANS, maxQueueSize),
    scheduledDelayMillis: settings.exportIntervalMs,
    // The exporter's own time is up first.
    exportTimeoutMillis: exportTimeoutMs * 2
  })
}

function samplerOf(sdk: Sdk, { sampler, samplerRatio }: TraceSettings): Sampler {
  const [, isParentBased, kind] = /^(parentbased_)?(.+)$/.exec(sampler) ?? []
  const root = rootSampler(sdk, kind, samplerRatio)
  return isParentBased ? new sdk.ParentBasedSampler({ root }) : root
}

function rootSampler(sdk: Sdk, kind: string | undefined, ratio: number): Sampler {
  if (kind === 'traceidratio') return new sdk.TraceIdRatioBasedSampler(ratio)
  return kind === 'always_off' ? new sdk.AlwaysOffSampler() : new sdk.AlwaysOnSampler()
}

/** As OpenTelemetry writes lists in variables. */
export function parsePairs(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [, name, value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    return name === undefined ? [] : [[decode(name), decode(value)] as const]
  })
  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
