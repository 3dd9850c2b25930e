import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createBoundedLabel } from './bounded-label.ts'

const QUICK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LONG_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

interface MetricsOptions {
  readonly version: string
  /** Also Node's own: memory, event loop, garbage collection. They observe the process as long as it lives. */
  readonly withProcess?: boolean
}

export type Metrics = ReturnType<typeof createMetrics>

/** Different models and tools that have series of their own; the rest share one. */
const MAX_MODEL_LABELS = 50
const MAX_TOOL_LABELS = 150

/**
 * Every number this service gives away, in a registry of its own. Labels come from lists in the code
 * (operation, status class, code, state, outcome), or from the configuration (model, tool) with a bound, never from input:
 * the number of series is bounded.
 */
export function createMetrics({ version, withProcess = false }: MetricsOptions) {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const factories = createFactories(registry)
  const { gauge, histogram } = factories

  const fillers: (() => Promise<void>)[] = []
  gauge('ai_ops_info', 'Always 1; carries the version.', ['version']).set({ version }, 1)
  return {
    registry,
    /** The names that configuration gives to models and tools, as labels. */
    modelLabel: createBoundedLabel(MAX_MODEL_LABELS),
    toolLabel: createBoundedLabel(MAX_TOOL_LABELS),
    /** Called before each reading, for numbers that are kept elsewhere. Must not reject. */
    beforeReading: (fill: () => Promise<void>) => void fillers.push(fill),
    /** In the format of Prometheus. */
    async read(): Promise<string> {
      await Promise.all(fillers.map((fill) => fill()))
      return registry.metrics()
    },
    ...createHttpMetrics(factories),
    ...createRunMetrics(factories),
    ...createCallMetrics(factories),
    nautobotRequests: histogram(
      'ai_ops_nautobot_request_duration_seconds',
      'Requests to Nautobot by method and status class (2xx, 4xx, 5xx, none).',
      ['method', 'status'],
      QUICK_SECONDS
    ),
    ...createJobMetrics(factories),
    ...createConversationMetrics(factories),
    ...createStandingMetrics(factories)
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
    /** Of something that not every installation has: no series until it is set, or its absence would look like a failure. */
    gaugeOfPart: (name: string, help: string) => {
      const made = new Gauge({ name, help, registers })
      made.remove()
      return made
    },
    histogram: <Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[],
      buckets: number[]
    ) => new Histogram({ name, help, labelNames, buckets, registers })
  }
}

/** How this replica stands, and what it stands on. */
function createStandingMetrics({ counter, gauge, gaugeOfPart }: Factories) {
  return {
    ready: gauge(
      'ai_ops_ready',
      'Whether this replica takes questions: 1 or 0 (starting, draining).'
    ),
    mcpServersFailed: gauge(
      'ai_ops_mcp_servers_failed',
      'Enabled MCP servers whose status in the catalog is Failed.'
    ),
    mcpConnections: gauge(
      'ai_ops_mcp_connections',
      'Open connections to MCP servers, in use or idle.'
    ),
    catalogLoadedAt: gauge(
      'ai_ops_catalog_loaded_timestamp_seconds',
      'When the catalog in use was read from Nautobot.'
    ),
    redisUp: gaugeOfPart(
      'ai_ops_redis_up',
      'Whether the Redis that keeps conversations answers: 1 or 0; absent without one.'
    ),
    traceSpans: counter(
      'ai_ops_trace_spans_total',
      'Spans by outcome (sent, lost: the collector did not take them).',
      ['outcome']
    ),
    eventChannelUp: gaugeOfPart(
      'ai_ops_event_channel_up',
      "Whether the shim's events can be heard: 1 or 0; absent without Redis."
    )
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

function createJobMetrics({ counter, histogram }: Factories) {
  return {
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
    )
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
    )
  }
}

function createCallMetrics({ counter, histogram }: Factories) {
  return {
    modelCalls: histogram(
      'ai_ops_model_call_duration_seconds',
      'Calls to language models by model and outcome (ok, stopped, or the error code).',
      ['model', 'outcome'],
      LONG_SECONDS
    ),
    modelFirstPiece: histogram(
      'ai_ops_model_first_token_seconds',
      'From a call to the first piece of its answer, by model.',
      ['model'],
      LONG_SECONDS
    ),
    tokens: counter('ai_ops_model_tokens_total', 'Tokens by model and direction (input, output).', [
      'model',
      'direction'
    ]),
    cachedTokens: counter(
      'ai_ops_model_cached_tokens_total',
      'Those of the input tokens that the provider had cached, by model.',
      ['model']
    ),
    toolsChanged: counter(
      'ai_ops_mcp_tools_changed_total',
      'Tools of MCP servers whose description or schema was seen to differ from what was accepted.'
    ),
    toolCalls: histogram(
      'ai_ops_tool_call_duration_seconds',
      'Tool calls of runs and over `/mcp`, by origin of the tool (nautobot, mcp, agent), tool and outcome (ok, error). The tool is `unknown` when a run has none of that name.',
      ['origin', 'tool', 'outcome'],
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
