import type { z } from 'zod'
import { type Environment, environmentSchema, NO_OLLAMA } from './config-schema.ts'
import { nearest } from './platform/nearest.ts'
import type { Secret } from './platform/secret.ts'
import type { TraceSettings } from './platform/trace-settings.ts'

type Values = z.output<typeof environmentSchema>
type EnvironmentRecord = Readonly<Record<string, string | undefined>>

const OUR_PREFIX = 'AI_OPS_'
/** Ours too, but read by the tools of development alone. */
const DEVELOPMENT_VARIABLES: readonly string[] = ['AI_OPS_CACHE_DIR', 'AI_OPS_SCREENSHOTS']
/** Kubernetes and Docker describe a service named `ai-ops` to its neighbours with such variables. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//

/** A model that LAB's environment describes. */
export interface EnvironmentModel {
  /** Empty means the provider's public address (`openai` only). */
  readonly address: string
  readonly apiKey: Secret | undefined
  /** Model name; for Azure OpenAI the deployment. */
  readonly model: string
  /** Azure OpenAI only; empty otherwise. */
  readonly apiVersion: string
}

/** The environment variables, read once at start. Secrets are wrapped, times are Ms, sizes are Bytes. */
export type Config = ReturnType<typeof loadConfig>

export interface ConfigProblem {
  readonly variable: string
  /** Continues the variable's name: `must be …`, `is missing: …`. Never holds a value. */
  readonly problem: string
}

/** The environment is not usable. The message names every variable that is bad or missing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}.`)
    super(`The environment cannot be used:\n${lines.join('\n')}`)
    this.problems = problems
  }
}

/** Checks the environment as a whole. Throws ConfigError. An empty variable counts as unset. */
export function loadConfig(environment: EnvironmentRecord) {
  const given = findGiven(environment)
  const parsed = environmentSchema.safeParse(given)
  const bad = (parsed.error?.issues ?? []).map(({ path, message }) => ({
    variable: String(path[0]),
    problem: message
  }))
  const problems = [...bad, ...findUnknown(given), ...findMissing(given), ...findForbidden(given)]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const config = toConfig(parsed.data)
  const warnings = [...findIneffective(given), ...findRisks(config)]
  return Object.freeze({ ...config, /** Sentences for the log at start. */ warnings })
}

function findGiven(environment: EnvironmentRecord): Record<string, string> {
  const given = Object.entries(environment).filter(([, value]) => value?.trim())
  const isOllamaRefused = environment.OLLAMA_HOST?.trim() === ''
  return Object.fromEntries([...given, ...(isOllamaRefused ? [['OLLAMA_HOST', NO_OLLAMA]] : [])])
}

/** A misspelt name would leave a default in force that nobody wanted. */
function findUnknown(given: Record<string, string>): ConfigProblem[] {
  const known = new Map(
    Object.keys(environmentSchema.shape).map((name) => [name.replace(OUR_PREFIX, ''), name])
  )
  return Object.entries(given)
    .filter(([name]) => name.startsWith(OUR_PREFIX) && !(name in environmentSchema.shape))
    .filter(([name]) => !DEVELOPMENT_VARIABLES.includes(name) && !SERVICE_LINK.test(name))
    .filter(([name, value]) => !(name.endsWith('_PORT') && SERVICE_ADDRESS.test(value)))
    .map(([variable]) => {
      const [near] = nearest(variable.slice(OUR_PREFIX.length), known.keys())
      const hint = near ? `; ${known.get(near)} is the nearest one` : ''
      return { variable, problem: `is no variable of this service${hint}` }
    })
}

function findMissing(given: Record<string, string>): ConfigProblem[] {
  const demands: [variable: string, demanded: boolean, reason: string][] = []
  const beyondLab = isBeyondLab(given)
  const why = `${given.AI_OPS_ENV} takes its configuration from Nautobot`
  demands.push(
    ['NAUTOBOT_URL', beyondLab, why],
    ['NAUTOBOT_TOKEN', beyondLab, `${why}, with the token of a service account`],
    [
      'REDIS_URL',
      beyondLab,
      `${given.AI_OPS_ENV} keeps conversations in Redis, and hears of changes in Nautobot through it`
    ]
  )
  if (!beyondLab) {
    const azure = Boolean(given.AZURE_OPENAI_ENDPOINT ?? given.AZURE_OPENAI_API_KEY)
    const azureWhy = 'Azure OpenAI needs an endpoint, a key and a deployment'
    demands.push(
      [
        'NAUTOBOT_TOKEN',
        Boolean(given.NAUTOBOT_URL),
        'NAUTOBOT_URL is set, so a service account is needed'
      ],
      ['AZURE_OPENAI_ENDPOINT', azure, azureWhy],
      ['AZURE_OPENAI_API_KEY', azure, azureWhy],
      ['AZURE_OPENAI_DEPLOYMENT', azure, azureWhy],
      [
        'OPENAI_MODEL',
        Boolean(given.OPENAI_BASE_URL),
        'the server at OPENAI_BASE_URL has to be asked for a model'
      ]
    )
  }
  return demands
    .filter(([variable, demanded]) => demanded && given[variable] === undefined)
    .map(([variable, , reason]) => ({ variable, problem: `is missing: ${reason}` }))
}

function findForbidden(given: Record<string, string>): ConfigProblem[] {
  if (!isBeyondLab(given)) return []
  const problems: ConfigProblem[] = []
  const environment = given.AI_OPS_ENV
  const allowed = environment === 'NONPROD' && given.NODE_EXTRA_CA_CERTS !== undefined
  const rule =
    environment === 'PROD'
      ? 'turns TLS verification off, which PROD never allows'
      : 'turns TLS verification off, which NONPROD allows only with NODE_EXTRA_CA_CERTS'
  if (given.AI_OPS_VERIFY_TLS === 'false' && !allowed) {
    problems.push({ variable: 'AI_OPS_VERIFY_TLS', problem: rule })
  }
  if (given.NODE_TLS_REJECT_UNAUTHORIZED === '0' && !allowed) {
    problems.push({ variable: 'NODE_TLS_REJECT_UNAUTHORIZED', problem: rule })
  }
  if (given.AI_OPS_MCP_SERVERS !== undefined) {
    const problem = 'is for LAB only: describe MCP servers in Nautobot'
    problems.push({ variable: 'AI_OPS_MCP_SERVERS', problem })
  }
  return problems
}

/** What somebody set in good faith and nothing reads. */
function findIneffective(given: Record<string, string>): string[] {
  const beyondLab = isBeyondLab(given)
  const openAi = Boolean(given.OPENAI_API_KEY ?? given.OPENAI_BASE_URL)
  const azure = Boolean(given.AZURE_OPENAI_ENDPOINT ?? given.AZURE_OPENAI_API_KEY)
  const elsewhere = `${given.AI_OPS_ENV} takes its models from Nautobot`
  const ineffective: [variables: RegExp, isIneffective: boolean, reason: string][] = [
    [/^(AZURE_)?OPENAI_/, beyondLab, elsewhere],
    [/^AI_OPS_ALLOWED_HOSTS$/, beyondLab, 'host names are checked in LAB alone'],
    [/^OPENAI_MODEL$/, !beyondLab && !openAi, 'OPENAI_API_KEY and OPENAI_BASE_URL are not set'],
    [/^AZURE_OPENAI_/, !beyondLab && !azure, 'AZURE_OPENAI_ENDPOINT is not set'],
    [/^NAUTOBOT_(TOKEN|PUBLIC_URL)$/, !given.NAUTOBOT_URL, 'NAUTOBOT_URL is not set']
  ]
  return ineffective.flatMap(([variables, isIneffective, reason]) =>
    Object.keys(environmentSchema.shape)
      .filter((name) => isIneffective && variables.test(name) && given[name] !== undefined)
      .map((name) => `${name} is set and has no effect: ${reason}.`)
  )
}

function findRisks({ environment, host, nautobot, tls }: ReturnType<typeof toConfig>): string[] {
  const isOpen = environment === 'LAB' && nautobot === undefined && !isLoopback(host)
  return [
    ...(tls.verify ? [] : ['TLS certificates are not verified.']),
    ...(isOpen
      ? [
          `There is no login in LAB with the sample: whoever reaches ${host} is the user lab with every right, and asks at the expense of the model's key.`
        ]
      : [])
  ]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function isBeyondLab(given: Record<string, string>): boolean {
  return given.AI_OPS_ENV === 'NONPROD' || given.AI_OPS_ENV === 'PROD'
}

function toConfig(values: Values) {
  const environment: Environment = values.AI_OPS_ENV
  const isLab = environment === 'LAB'
  const verifyTls = values.AI_OPS_VERIFY_TLS && values.NODE_TLS_REJECT_UNAUTHORIZED !== '0'
  return {
    environment,
    host: values.HOST ?? (isLab ? '127.0.0.1' : '0.0.0.0'),
    port: values.PORT,
    trustedProxies: values.AI_OPS_TRUSTED_PROXIES ?? [],
    logLevel: values.LOG_LEVEL,
    /** Part of the names of everything in a shared Redis. */
    deployment: values.AI_OPS_DEPLOYMENT,
    /** Undefined: LAB with the embedded sample. */
    nautobot: toNautobot(values),
    redisUrl: values.REDIS_URL,
    tls: Object.freeze({
      verify: verifyTls,
      /** Whether an object of the catalog may turn verification off for its own address. */
      mayDisable: isLab || (environment === 'NONPROD' && Boolean(values.NODE_EXTRA_CA_CERTS))
    }),
    /** For Nautobot, model providers and MCP servers. */
    proxy: {
      http: values.HTTP_PROXY,
      https: values.HTTPS_PROXY,
      none: values.NO_PROXY
    },
    /** The only hosts of model providers and MCP servers; undefined: all. */
    egressAllow: values.AI_OPS_EGRESS_ALLOW,
    entraAuthority: values.AI_OPS_ENTRA_AUTHORITY,
    tracing: toTracing(values),
    ...toLab(values),
    limits: Object.freeze(toLimits(values))
  } as const
}

/** What holds in LAB only: elsewhere models are described in Nautobot. */
function toLab(values: Values) {
  const isLab = values.AI_OPS_ENV === 'LAB'
  const ollama = values.OLLAMA_HOST === NO_OLLAMA ? undefined : values.OLLAMA_HOST
  return {
    azureOpenAi: isLab ? toAzureOpenAi(values) : undefined,
    openAi: isLab ? toOpenAi(values) : undefined,
    /** Where to look for a local Ollama; undefined: nowhere. */
    ollamaAddress: isLab ? ollama : undefined,
    mcpServers: values.AI_OPS_MCP_SERVERS ?? [],
    /** Names that the Host header may carry beside loopback's and `host`. */
    allowedHosts: isLab ? (values.AI_OPS_ALLOWED_HOSTS ?? []) : []
  } as const
}

function toLimits(values: Values) {
  return {
    maxRuns: values.AI_OPS_MAX_RUNS,
    maxRunsPerUser: values.AI_OPS_MAX_RUNS_PER_USER,
    maxQueuedRuns: values.AI_OPS_MAX_QUEUED_RUNS,
    maxQueuedRunsPerUser: values.AI_OPS_MAX_QUEUED_RUNS_PER_USER,
    maxModelCalls: values.AI_OPS_MAX_MODEL_CALLS,
    maxToolCalls: values.AI_OPS_MAX_TOOL_CALLS,
    maxRunTokens: values.AI_OPS_MAX_RUN_TOKENS,
    maxRunCost: values.AI_OPS_MAX_RUN_COST,
    maxToolResultBytes: values.AI_OPS_MAX_TOOL_RESULT_KIB,
    runTimeoutMs: values.AI_OPS_RUN_TIMEOUT_SECONDS,
    modelSilenceMs: values.AI_OPS_MODEL_SILENCE_SECONDS,
    drainMs: values.AI_OPS_DRAIN_SECONDS,
    catalogMaxAgeMs: values.AI_OPS_CATALOG_MAX_AGE_SECONDS,
    nautobotTimeoutMs: values.AI_OPS_NAUTOBOT_TIMEOUT_SECONDS,
    nautobotMaxInFlight: values.AI_OPS_NAUTOBOT_MAX_IN_FLIGHT,
    nautobotMaxInFlightPerUser: values.AI_OPS_NAUTOBOT_MAX_IN_FLIGHT_PER_USER,
    conversationDays: values.AI_OPS_CONVERSATION_DAYS,
    conversationsPerUser: values.AI_OPS_CONVERSATIONS_PER_USER,
    rateLimitPerMinute: values.AI_OPS_RATE_LIMIT_PER_MINUTE,
    heartbeatMs: values.AI_OPS_HEARTBEAT_SECONDS
  } as const
}

/** Undefined: no traces. */
function toTracing(values: Values): (TraceSettings & { capturesContent: boolean }) | undefined {
  const endpoint = values.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined || values.OTEL_SDK_DISABLED) return undefined
  return {
    endpoint,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    protocol: values.OTEL_EXPORTER_OTLP_PROTOCOL,
    serviceName: values.OTEL_SERVICE_NAME,
    resourceAttributes: values.OTEL_RESOURCE_ATTRIBUTES,
    sampler: values.OTEL_TRACES_SAMPLER,
    samplerRatio: values.OTEL_TRACES_SAMPLER_ARG,
    exportIntervalMs: values.OTEL_BSP_SCHEDULE_DELAY,
    capturesContent: values.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT
  }
}

function toNautobot(values: Values) {
  const { NAUTOBOT_URL: url, NAUTOBOT_TOKEN: token } = values
  if (url === undefined || token === undefined) return undefined
  return { url, publicUrl: values.NAUTOBOT_PUBLIC_URL ?? url, token } as const
}

function toAzureOpenAi(values: Values): EnvironmentModel | undefined {
  const { AZURE_OPENAI_ENDPOINT: endpoint, AZURE_OPENAI_DEPLOYMENT: model } = values
  if (endpoint === undefined || model === undefined) return undefined
  const { AZURE_OPENAI_API_KEY: apiKey, AZURE_OPENAI_API_VERSION: apiVersion } = values
  return { address: endpoint, apiKey, model, apiVersion }
}

function toOpenAi(values: Values): EnvironmentModel | undefined {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model } = values
  if (apiKey === undefined && baseUrl === undefined) return undefined
  return { address: baseUrl ?? '', apiKey, model: model ?? 'gpt-5-mini', apiVersion: '' }
}
