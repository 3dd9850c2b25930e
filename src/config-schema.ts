import { z } from 'zod'
import {
  address,
  amount,
  count,
  flag,
  kibibytes,
  list,
  proxy,
  seconds,
  secret,
  text,
  whole
} from './config-fields.ts'
import { labMcpServers, MAX_LAB_MCP_SERVERS } from './config-mcp-servers.ts'
import {
  isAddressRange,
  isEgressEntry,
  isHostName,
  isPlainHttpAddress,
  isRedisAddress
} from './platform/address-text.ts'
import { Secret } from './platform/secret.ts'
import { SAMPLERS, TRACE_PROTOCOLS } from './platform/trace-settings.ts'

export const ENVIRONMENTS = ['LAB', 'NONPROD', 'PROD'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const OLLAMA_PORT = 11_434

/** Value of OLLAMA_HOST with which nobody looks for one. */
export const NO_OLLAMA = 'off'

/** Every variable, once: what it means, its unit, its default. The documents' table is made from it. */
export const environmentSchema = z.object({
  AI_OPS_ENV: z
    .enum(ENVIRONMENTS, 'must be LAB, NONPROD or PROD')
    .default('LAB')
    .meta({ description: 'Which rules apply: `LAB`, `NONPROD` or `PROD`.' }),
  HOST: text(
    'Address to listen on. Unset: loopback in LAB, all interfaces otherwise. In LAB also a host name that requests may carry.'
  ).optional(),
  PORT: whole(0, 65_535).default(3900).meta({ description: 'Port to listen on; 0 takes any.' }),
  AI_OPS_ALLOWED_HOSTS: list(
    isHostName,
    'must be host names without port',
    'LAB only: host names, separated by commas, that requests may carry beside `localhost`, addresses and `HOST`: those of an ingress, for example. Elsewhere every name is allowed.'
  ),
  AI_OPS_TRUSTED_PROXIES: list(
    isAddressRange,
    'must be addresses or CIDR ranges',
    'Addresses or CIDR ranges, separated by commas, of proxies whose `X-Forwarded-For` names the client. Unset: none; rates are then counted by the address that connects.'
  ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .meta({ description: 'How much is logged.' }),
  NAUTOBOT_URL: address(
    "Nautobot's address, server to server. Demanded outside LAB; unset in LAB, an embedded sample Nautobot answers."
  ),
  NAUTOBOT_PUBLIC_URL: address(
    "Nautobot's address for people's browsers; also the only origin that CORS admits. Default: `NAUTOBOT_URL`."
  ),
  NAUTOBOT_TOKEN: secret(
    'API token of the service account. Demanded wherever `NAUTOBOT_URL` is set, and outside LAB.'
  ),
  REDIS_URL: z
    .string()
    .trim()
    .refine(isRedisAddress, 'must be a redis:// or rediss:// address')
    .transform((value) => new Secret(value))
    .optional()
    .meta({
      description:
        "Redis that keeps conversations and carries the shim's events, as `redis://` or `rediss://`. Replicas with the same one share conversations and runs. Demanded outside LAB; unset in LAB, conversations end with the process and a change in Nautobot is seen after `AI_OPS_CATALOG_MAX_AGE_SECONDS`. *Secret.*"
    }),
  AI_OPS_DEPLOYMENT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -')
    .default('default')
    .meta({
      description:
        'Name of this deployment on a shared Redis; the same as `deployment` in the shim.'
    }),
  AI_OPS_VERIFY_TLS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .transform((value) => value === 'true')
    .meta({
      description:
        'Whether certificates are checked. `false`: allowed in LAB, in NONPROD only together with `NODE_EXTRA_CA_CERTS`, never in PROD.'
    }),
  NODE_EXTRA_CA_CERTS: text("File with further certificate authorities; Node's own.").optional(),
  NODE_TLS_REJECT_UNAUTHORIZED: text(
    "Node's own switch; `0` follows the rules of `AI_OPS_VERIFY_TLS=false`."
  ).optional(),
  HTTP_PROXY: proxy(
    'Proxy for http addresses of Nautobot, model providers and MCP servers, and for https ones without `HTTPS_PROXY`; may hold a user name and a password.'
  ),
  HTTPS_PROXY: proxy('Proxy for https addresses.'),
  NO_PROXY: text(
    'Hosts, domains, addresses and CIDR ranges that are asked directly, separated by commas; loopback always is.'
  ).optional(),
  AI_OPS_EGRESS_ALLOW: list(
    isEgressEntry,
    'must be host names, *.domains, addresses or CIDR ranges',
    'The only hosts that model providers and MCP servers may have, separated by commas: names, `*.example.com` for what is below a domain, addresses, CIDR ranges. Unset: any but link-local and metadata addresses, which are never asked. Behind a proxy, which resolves names by itself, only names and literal addresses count.'
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: address(
    'OpenTelemetry collector that traces are sent to, by OTLP over HTTP: `/v1/traces` is added. Unset: no traces. Asked through the proxy as others are; link-local and metadata addresses are not.'
  ),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    'Headers for it: `name=value`, separated by commas, percent-encoded.'
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(TRACE_PROTOCOLS, `must be one of ${TRACE_PROTOCOLS.join(', ')}`)
    .default('http/protobuf')
    .meta({ description: 'How it is spoken to.' }),
  OTEL_SERVICE_NAME: text('Name of this service in traces.').default('nautobot-ai-ops'),
  OTEL_RESOURCE_ATTRIBUTES: text(
    'Further attributes of all traces: `name=value`, separated by commas.'
  ).optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`)
    .default('parentbased_always_on')
    .meta({ description: `Which requests are traced: ${SAMPLERS.join(', ')}.` }),
  OTEL_TRACES_SAMPLER_ARG: amount(1, 1, 'Share of them, for the samplers by ratio.'),
  OTEL_BSP_SCHEDULE_DELAY: whole(100, 60_000)
    .default(5_000)
    .meta({ description: 'Milliseconds between two batches.' }),
  OTEL_SDK_DISABLED: flag('Whether there are no traces after all.'),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: flag(
    'Whether traces hold questions, answers, arguments and results too: cut at 16,000 characters, without what looks like personal data or a secret.'
  ),
  AI_OPS_ENTRA_AUTHORITY: address(
    'Where Microsoft Entra ID is asked for tokens of Azure OpenAI: another one in sovereign clouds.'
  ).default('https://login.microsoftonline.com'),
  AZURE_OPENAI_ENDPOINT: address('LAB: address of an Azure OpenAI resource.'),
  AZURE_OPENAI_API_KEY: secret('LAB: its key.'),
  AZURE_OPENAI_DEPLOYMENT: text('LAB: name of the deployment in it.').optional(),
  AZURE_OPENAI_API_VERSION: text('LAB: API version.').default('2024-10-21'),
  OPENAI_API_KEY: secret('LAB: key of OpenAI, or of the server at `OPENAI_BASE_URL`.'),
  OPENAI_BASE_URL: address('LAB: address of any OpenAI-compatible server, with its `/v1`.'),
  OPENAI_MODEL: text(
    'LAB: model name. Demanded with `OPENAI_BASE_URL`; otherwise `gpt-5-mini`.'
  ).optional(),
  OLLAMA_HOST: z
    .string()
    .trim()
    .transform(toOllamaAddress)
    .refine((value) => value !== undefined, 'must be an address of Ollama, or off')
    .default(`http://127.0.0.1:${OLLAMA_PORT}`)
    .meta({
      description:
        "LAB without a model of the variables above: where a local Ollama is looked for; Ollama's own variable. Empty or `off`: nowhere."
    }),
  AI_OPS_MCP_SERVERS: z
    .string()
    .transform((value, context) => {
      const parsed = labMcpServers.safeParse(parseJson(value))
      if (parsed.success) return parsed.data
      context.addIssue(
        `must be a JSON list of at most ${MAX_LAB_MCP_SERVERS} objects {"name", "url", "token"?, "transport"?, "readOnlyTools"?, "approvalTools"?}, or with "command" and "env"? in place of "url"`
      )
      return z.NEVER
    })
    .optional()
    .meta({
      description:
        'LAB only: further MCP servers, a JSON list of `{"name", "url", "token"?, "transport"?, "readOnlyTools"?, "approvalTools"?}`, where `transport` is `http` or `sse`. With `"command": ["program", "argument"]` and `"env"?` in place of `url` and `token`, a program is started that speaks MCP on its standard streams. Tools that no name or pattern with `*` in `readOnlyTools` covers wait for approval, and those in `approvalTools`. *Secret.*'
    }),
  AI_OPS_MAX_RUNS: count(100, 10_000, 'Runs that are answered at a time by one replica.'),
  AI_OPS_MAX_RUNS_PER_USER: count(10, 10_000, 'The same for one user.'),
  AI_OPS_MAX_QUEUED_RUNS: count(
    200,
    10_000,
    'Runs that wait for their turn at one replica; beyond it questions are refused.'
  ),
  AI_OPS_MAX_QUEUED_RUNS_PER_USER: count(20, 10_000, 'The same for one user.'),
  AI_OPS_MAX_MODEL_CALLS: count(20, 1000, 'Model calls of one run.'),
  AI_OPS_MAX_TOOL_CALLS: count(50, 1000, 'Tool calls of one run.'),
  AI_OPS_MAX_RUN_TOKENS: count(
    1_000_000,
    1_000_000_000,
    'Tokens that the model calls of one run read and write together; then it answers with what it has.'
  ),
  AI_OPS_MAX_RUN_COST: amount(
    0,
    1_000_000,
    'Cost of one run, in the currency of the prices of the LLM models; then it answers with what it has. 0: none.'
  ),
  AI_OPS_MAX_TOOL_RESULT_KIB: kibibytes(
    48,
    10_240,
    'KiB of one tool result that the model reads at once; it can read on in the rest.'
  ),
  AI_OPS_RUN_TIMEOUT_SECONDS: seconds(
    600,
    86_400,
    'Seconds one run may take, anew after each approval; they stand still, for up to 15 minutes, while forms of MCP servers are filled in.'
  ),
  AI_OPS_MODEL_SILENCE_SECONDS: seconds(
    60,
    3600,
    'Seconds a model may be silent in the middle of its answer.'
  ),
  AI_OPS_DRAIN_SECONDS: seconds(
    25,
    3600,
    'Seconds that running runs get after SIGTERM; then another replica goes on with them.'
  ),
  AI_OPS_CATALOG_MAX_AGE_SECONDS: seconds(
    60,
    86_400,
    'Seconds after which configuration is read again without an event.'
  ),
  AI_OPS_NAUTOBOT_TIMEOUT_SECONDS: seconds(20, 600, 'Seconds one request to Nautobot may take.'),
  AI_OPS_NAUTOBOT_MAX_IN_FLIGHT: count(
    8,
    1000,
    "Requests to Nautobot at a time; keep it below Nautobot's workers."
  ),
  AI_OPS_NAUTOBOT_MAX_IN_FLIGHT_PER_USER: count(4, 1000, 'The same for one user.'),
  AI_OPS_CONVERSATION_DAYS: count(
    30,
    3650,
    'Days after its newest question that a conversation is kept.'
  ),
  AI_OPS_CONVERSATIONS_PER_USER: count(
    100,
    1000,
    'Conversations that are kept of one user; then the oldest gives way.'
  ),
  AI_OPS_RATE_LIMIT_PER_MINUTE: count(
    300,
    1_000_000,
    'Requests a minute of one user, or of one address without a user.'
  ),
  AI_OPS_HEARTBEAT_SECONDS: seconds(
    5,
    60,
    'Seconds of silence after which an event stream carries a comment.'
  )
})

/** Markdown table of every variable, for `docs/environment.md`. */
export function describeEnvironment(): string {
  const schema = z.toJSONSchema(environmentSchema, { io: 'input', unrepresentable: 'any' })
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { default: initial, description = '' } = property as z.core.JSONSchema.BaseSchema
    return `| \`${name}\` | ${initial === undefined ? '' : `\`${initial}\``} | ${description} |`
  })
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** As Ollama reads its variable: scheme and port may be missing, and the address to listen on counts. */
function toOllamaAddress(value: string): string | undefined {
  if (value === NO_OLLAMA) return NO_OLLAMA
  const hasScheme = value.includes('://')
  const url = URL.parse(hasScheme ? value : `http://${value.replace(/^:/, '127.0.0.1:')}`)
  if (!url || !isPlainHttpAddress(url.href)) return undefined
  if (!url.port && !hasScheme) url.port = String(OLLAMA_PORT)
  if (['0.0.0.0', '[::]'].includes(url.hostname)) url.hostname = '127.0.0.1'
  return url.href.replace(/\/+$/, '')
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
