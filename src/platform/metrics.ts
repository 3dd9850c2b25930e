import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const QUICK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LONG_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

interface MetricsOptions {
  readonly version: string
  /** Also Node's own: memory, event loop, garbage collection. They observe the process as long as it lives. */
  readonly withProcess?: boolean
}

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Every number this service gives away, in a registry of its own. Labels come from lists in the code
 * (operation, status class, code, state, outcome), never from input: the number of series is bounded.
 */
export function createMetrics({ version, withProcess = false }: MetricsOptions) {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const { counter, gauge, histogram } = createFactories(registry)

  const fillers: (() => Promise<void>)[] = []
  gauge('ai_ops_info', 'Always 1; carries the version.', ['version']).set({ version }, 1)
  return {
    registry,
    /** Called before each reading, for numbers that are kept elsewhere. Must not reject. */
    beforeReading: (fill: () => Promise<void>) => void fillers.push(fill),
    /** In the format of Prometheus. */
    async read(): Promise<string> {
      await Promise.all(fillers.map((fill) => fill()))
      return registry.metrics()
    },
    ...createHttpMetrics({ counter, gauge, histogram }),
    ...createRunMetrics({ counter, gauge, histogram }),
    nautobotRequests: histogram(
      'ai_ops_nautobot_request_duration_seconds',
      'Requests to Nautobot by method and status class (2xx, 4xx, 5xx, none).',
      ['method', 'status'],
      QUICK_SECONDS
    ),
    jobTicksSkipped: counter(
      'ai_ops_job_ticks_skipped_total',
      'Ticks that began no run here, by job and reason (running, too-soon, unavailable).',
      ['job', 'reason']
    ),
    jobRuns: histogram(
      'ai_ops_job_duration_seconds',
      'Runs of background jobs by job and outcome.',
      ['job', 'outcome'],
      LONG_SECONDS
    ),
    ...createConversationMetrics({ counter, gauge, histogram }),
    catalogLoadedAt: gauge(
      'ai_ops_catalog_loaded_timestamp_seconds',
      'When the catalog in use was read from Nautobot.'
    ),
    redisUp: gauge(
      'ai_ops_redis_up',
      'Whether the Redis that keeps conversations answers: 1 or 0; 0 without one.'
    ),
    eventChannelUp: gauge(
      'ai_ops_event_channel_up',
      "Whether the shim's events can be heard: 1 or 0."
    )
  } as const
}

type Factories = ReturnType<typeof createFactories>

function createFactories(registry: Registry) {
  const registers = [registry]
  return {
    counter: <Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[] = []
    ) => new Counter({ name, help, labelNames, registers }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: <Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[],
      buckets: number[]
    ) => new Histogram({ name, help, labelNames, buckets, registers })
  }
}

function createHttpMetrics({ counter, gauge, histogram }: Factories) {
  return {
    httpRequests: histogram(
      'ai_ops_http_request_duration_seconds',
      'Requests by operation and status class (2xx, 4xx, 5xx, or left: the client went first).',
      ['operation', 'status'],
      QUICK_SECONDS
    ),
    httpErrors: counter('ai_ops_http_errors_total', 'Error answers by operation and code.', [
      'operation',
      'code'
    ]),
    eventStreams: gauge('ai_ops_event_streams', 'Open event streams.')
  }
}

/** What all replicas share: each gives the same numbers away. */
function createConversationMetrics({ gauge }: Factories) {
  return {
    conversations: gauge(
      'ai_ops_conversations',
      'Conversations in Redis, as the cleanup measured them last.'
    ),
    conversationBytes: gauge(
      'ai_ops_conversation_bytes',
      'Bytes of their keys, by MEMORY USAGE of Redis.'
    ),
    conversationsMeasuredAt: gauge(
      'ai_ops_conversations_measured_timestamp_seconds',
      'When they were measured; 0 before the first time.'
    )
  }
}

function createRunMetrics({ counter, gauge, histogram }: Factories) {
  return {
    runsActive: gauge('ai_ops_runs_active', 'Runs of this replica, by state (queued, running).', [
      'state'
    ]),
    runTakeOvers: counter(
      'ai_ops_run_take_overs_total',
      'Runs of another replica that went on here.'
    ),
    runs: histogram(
      'ai_ops_run_duration_seconds',
      'Ended runs by their last state.',
      ['state'],
      LONG_SECONDS
    ),
    firstText: histogram(
      'ai_ops_run_first_text_seconds',
      'From the start of a run to the first text of its answer.',
      [],
      LONG_SECONDS
    ),
    modelCalls: histogram(
      'ai_ops_model_call_duration_seconds',
      'Calls to language models by outcome (ok, or the error code).',
      ['outcome'],
      LONG_SECONDS
    ),
    tokens: counter('ai_ops_model_tokens_total', 'Tokens by direction (input, output).', [
      'direction'
    ]),
    toolCalls: histogram(
      'ai_ops_tool_call_duration_seconds',
      'Tool calls by origin (nautobot, mcp) and outcome (ok, error).',
      ['origin', 'outcome'],
      LONG_SECONDS
    )
  }
}

/** Markdown table of every metric, for `docs/metrics.md`. */
export async function describeMetrics(): Promise<string> {
  const all = await createMetrics({ version: '' }).registry.getMetricsAsJSON()
  const rows = all.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
  return ['| metric | kind | meaning |', '|---|---|---|', ...rows].join('\n')
}
