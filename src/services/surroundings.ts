import { randomBytes } from 'node:crypto'
import type { Caller } from '../auth/caller.ts'
import { SCOPES } from '../auth/caller.ts'
import type { LlmModel, McpServer } from '../catalog/catalog.ts'
import type { Config, EnvironmentModel } from '../config.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { Secret } from '../platform/secret.ts'

const MODEL_TIMEOUT_MS = 120_000
/** What hosted models of today have; one with less is described in Nautobot. */
const MODEL_CONTEXT_TOKENS = 128_000
const MCP_CONNECT_TIMEOUT_MS = 5_000
const MCP_TIMEOUT_MS = 30_000
const MCP_TOTAL_TIMEOUT_MS = 600_000
const MAX_MCP_RESULT_BYTES = 8 * 1024 * 1024
/** No UUID begins so. */
const ENVIRONMENT_PREFIX = 'environment-'
const TOKEN_BYTES = 20

/** What the service finds around itself: Nautobot, and what the environment adds to its catalog. */
export interface Surroundings {
  readonly nautobot: { readonly url: string; readonly publicUrl: string; readonly token: Secret }
  /** Who asks without an Authorization header: with the embedded sample only. */
  readonly labCaller: Caller | undefined
  readonly extraModels: readonly LlmModel[]
  readonly extraMcpServers: readonly McpServer[]
  /** Keys of the extra objects, by id. */
  readonly localSecrets: ReadonlyMap<string, Secret>
  /** What is embedded, as sentences for the log. */
  readonly embedded: readonly string[]
  close(): Promise<void>
}

/**
 * In LAB, starts on loopback what the environment does not name: the sample Nautobot, the lab model. The
 * rest of the service talks to both over HTTP, as to real ones.
 */
export async function prepareSurroundings(config: Config): Promise<Surroundings> {
  const described = await describedModels(config)
  const needsLabModel = config.environment === 'LAB' && described.length === 0
  const sample = config.nautobot ? undefined : await startSample()
  const lab = needsLabModel ? await startLabModel() : undefined
  const servers = config.mcpServers.map((server) => ({
    object: environmentServer(server),
    secret: 'token' in server ? server.token : undefined
  }))
  const { verify: verifyTls } = config.tls
  const models = lab ? [{ object: lab.model, secret: undefined }] : described
  return {
    nautobot: config.nautobot ?? sampleNautobot(sample),
    labCaller: sample?.caller,
    extraModels: models.map(({ object }) => ({ ...object, verifyTls })),
    extraMcpServers: servers.map(({ object }) => ({ ...object, verifyTls })),
    localSecrets: secretsOf([...models, ...servers]),
    embedded: [
      ...(sample ? ['A sample network stands in for Nautobot: NAUTOBOT_URL is not set.'] : []),
      ...(lab
        ? ['The lab model, which follows rules and is no language model, answers: no key is set.']
        : [])
    ],
    close: async () => {
      await lab?.close()
      await sample?.close()
    }
  }
}

interface Described<T> {
  readonly object: T
  readonly secret: Secret | undefined
}

function secretsOf(described: readonly Described<{ id: string }>[]): Map<string, Secret> {
  return new Map(
    described.flatMap(({ object, secret }) => (secret ? [[object.id, secret] as const] : []))
  )
}

async function startSample() {
  const { createSampleNautobot } = await import('../lab/sample-nautobot.ts')
  const [serviceToken, labToken, restrictedToken] = [newToken(), newToken(), newToken()]
  const sample = createSampleNautobot({ serviceToken, labToken, restrictedToken })
  const { url } = await sample.listen()
  const caller: Caller = {
    id: await userIdOf(url, labToken),
    username: 'lab',
    scopes: new Set(SCOPES),
    credential: { kind: 'api-token', token: labToken }
  }
  return { url, token: serviceToken, caller, close: () => sample.close() }
}

async function userIdOf(url: string, token: Secret): Promise<string> {
  const headers = { authorization: `Token ${token.reveal()}` }
  const { id } = await (await fetch(`${url}${SHIM_API}/whoami/`, { headers })).json()
  return String(id)
}

function sampleNautobot(sample: Awaited<ReturnType<typeof startSample>> | undefined) {
  if (!sample) throw new Error('There is neither a Nautobot nor a sample of one')
  return { url: sample.url, publicUrl: sample.url, token: sample.token }
}

async function startLabModel() {
  const { createLabModel } = await import('../lab/lab-model.ts')
  const labModel = createLabModel()
  const { url } = await labModel.listen()
  const model = environmentModel('openai', 'lab model', {
    address: `${url}/v1`,
    apiKey: undefined,
    model: 'lab-model',
    apiVersion: ''
  })
  return { model: { ...model, source: 'lab' as const }, close: () => labModel.close() }
}

function newToken(): Secret {
  return new Secret(randomBytes(TOKEN_BYTES).toString('hex'))
}

/** The models of the environment; in LAB, without any, a local Ollama if one answers. */
async function describedModels(config: Config): Promise<Described<LlmModel>[]> {
  const named = [
    ['azure-openai', config.azureOpenAi],
    ['openai', config.openAi ?? (await localOllama(config))]
  ] as const
  return named.flatMap(([provider, model]) =>
    model ? [{ object: environmentModel(provider, model.model, model), secret: model.apiKey }] : []
  )
}

async function localOllama({ environment, azureOpenAi, ollamaAddress: address }: Config) {
  if (environment !== 'LAB' || azureOpenAi || !address) return undefined
  const { findLocalOllama } = await import('../llm/local-ollama.ts')
  return findLocalOllama({ fetch, address })
}

/** Whether something is described by the environment, and so by no object in Nautobot. */
export const isOfEnvironment = ({ id }: { readonly id: string }) =>
  id.startsWith(ENVIRONMENT_PREFIX)

function environmentModel(
  provider: LlmModel['provider'],
  name: string,
  { address, apiKey, model, apiVersion }: EnvironmentModel
): LlmModel {
  return {
    id: `${ENVIRONMENT_PREFIX}${provider}`,
    name,
    description: 'Described by the environment variables of this service.',
    status: 'Healthy',
    enabled: true,
    isDefault: true,
    provider,
    modelName: model,
    address,
    apiVersion,
    verifyTls: true,
    timeoutMs: MODEL_TIMEOUT_MS,
    parameters: {},
    systemPromptId: undefined,
    mcpServerIds: [],
    hasCredential: apiKey !== undefined,
    contextTokens: MODEL_CONTEXT_TOKENS,
    inputPrice: undefined,
    cachedInputPrice: undefined,
    outputPrice: undefined,
    fallbackModelId: undefined,
    redact: false,
    entraTenantId: '',
    entraClientId: '',
    source: 'environment'
  }
}

function environmentServer(server: Config['mcpServers'][number]): McpServer {
  const { name, readOnlyTools, approvalTools } = server
  return {
    id: `${ENVIRONMENT_PREFIX}${name}`,
    name,
    description: 'Described by the environment variables of this service.',
    status: 'Healthy',
    enabled: true,
    ...reachedBy(server),
    identity: 'service',
    credentialHeader: '',
    headers: {},
    verifyTls: true,
    connectTimeoutMs: MCP_CONNECT_TIMEOUT_MS,
    timeoutMs: MCP_TIMEOUT_MS,
    totalTimeoutMs: MCP_TOTAL_TIMEOUT_MS,
    toolPrefix: '',
    allowedTools: [],
    deniedTools: [],
    readOnlyTools,
    approvalTools,
    maxResultBytes: MAX_MCP_RESULT_BYTES,
    source: 'environment'
  }
}

function reachedBy(server: Config['mcpServers'][number]) {
  if ('url' in server) {
    const { url: address, transport, token } = server
    return { address, transport, hasCredential: token !== undefined }
  }
  const [file = '', ...args] = server.command
  const command = { file, args, env: server.env }
  return { address: '', transport: 'stdio' as const, hasCredential: false, command }
}
