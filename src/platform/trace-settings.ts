import type { Secret } from './secret.ts'

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio'
] as const

export const TRACE_PROTOCOLS = ['http/protobuf', 'http/json'] as const

/** What OpenTelemetry's own variables say. */
export interface TraceSettings {
  /** Where `/v1/traces` is below. */
  readonly endpoint: string
  /** `name=value` pairs, separated by commas, percent-encoded. */
  readonly headers: Secret | undefined
  readonly protocol: (typeof TRACE_PROTOCOLS)[number]
  readonly serviceName: string
  /** As `headers`. */
  readonly resourceAttributes: string | undefined
  readonly sampler: (typeof SAMPLERS)[number]
  /** From 0 to 1; for the samplers by ratio. */
  readonly samplerRatio: number
  /** Between two batches. */
  readonly exportIntervalMs: number
}
