import type { Config } from '../config.ts'
import { createEgressRules } from '../platform/egress.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createOutbound, describeFailure } from '../platform/outbound.ts'

const CONNECT_TIMEOUT_MS = 5_000
const MAX_RESPONSE_BYTES = 64 * 1024
/** What a shutdown waits for the collector. */
const MAX_FLUSH_MS = 2_000

export interface TracingParts {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly version: string
}

/** Traces to a collector, when the environment names one; otherwise nothing of it is even loaded. */
export async function startTracing(parts: TracingParts): Promise<{ close(): Promise<void> }> {
  const { config, version } = parts
  if (!config.tracing) return { close: async () => undefined }
  const { startTraceExport } = await import('../platform/trace-export.ts')
  // Its address is the operator's own, as Nautobot's is: AI_OPS_EGRESS_ALLOW is about addresses of others.
  const outbound = createOutbound({
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    proxy: config.proxy,
    egress: createEgressRules()
  })
  const traces = await startTraceExport({
    settings: config.tracing,
    version,
    fetch: outbound.fetchFor({ verifyTls: config.tls.verify }),
    onExported: exportObserver(parts)
  })
  return {
    async close() {
      await traces.close(MAX_FLUSH_MS)
      await outbound.close()
    }
  }
}

/** One line when the collector goes, one when it is back. */
function exportObserver({ logger, metrics }: TracingParts) {
  let isDown = false
  return (spans: number, error?: Error) => {
    metrics.traceSpans.inc({ outcome: error ? 'lost' : 'sent' }, spans)
    if (error && !isDown) {
      const reason = describeFailure(error) ?? error.message
      logger.warn({ reason }, 'traces cannot be sent; spans are lost')
    }
    if (!error && isDown) logger.info('traces are sent again')
    isDown = error !== undefined
  }
}
