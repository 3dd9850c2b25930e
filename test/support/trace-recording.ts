import { onTestFinished } from 'vitest'
import { startTraceExport } from '../../src/platform/trace-export.ts'
import type { TraceSettings } from '../../src/platform/trace-settings.ts'
import { type CollectedSpan, startTraceCollector } from './trace-collector.ts'

/** Traces of everything to this collector. */
export function traceSettings(
  endpoint: string,
  change: Partial<TraceSettings> = {}
): TraceSettings {
  return {
    endpoint,
    headers: undefined,
    protocol: 'http/json',
    serviceName: 'test',
    resourceAttributes: undefined,
    sampler: 'parentbased_always_on',
    samplerRatio: 1,
    exportIntervalMs: 60_000,
    ...change
  }
}

export interface RecordedTraces {
  /** Ends the tracing of this test. */
  ended(): Promise<readonly CollectedSpan[]>
  /** Everything that was sent. */
  words(): string
}

/** Traces everything in this process until the test is finished. */
export async function recordTraces(): Promise<RecordedTraces> {
  const collector = await startTraceCollector()
  const tracing = await startTraceExport({
    settings: traceSettings(collector.url),
    ...{ version: '1', fetch, onExported: () => undefined }
  })
  onTestFinished(async () => {
    await tracing.close(1_000)
    await collector.stop()
  })
  return {
    words: collector.words,
    async ended() {
      await tracing.close(1_000)
      return collector.spans
    }
  }
}
