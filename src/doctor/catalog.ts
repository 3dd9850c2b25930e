import { randomUUID } from 'node:crypto'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import { createCatalogLoader } from '../catalog/catalog-loader.ts'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { createModelFactory } from '../llm/model-factory.ts'
import { createModelProbes } from '../llm/model-probes.ts'
import { PROBE_RECORDS } from '../llm/probe-records.ts'
import { createMcpClients } from '../mcp/mcp-clients.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { Outbound } from '../platform/outbound.ts'
import { createMemoryRecords } from '../platform/records.ts'
import { withLocalSecrets } from '../secrets/local-secrets.ts'
import { createSecretResolver, type SecretResolver } from '../secrets/secret-resolver.ts'
import type { Surroundings } from '../services/surroundings.ts'
import { connectOut, trustedHostsOf } from '../services/ways.ts'
import { type Finding, fail, ok, warn, within } from './finding.ts'
import { inTurn } from './in-turn.ts'

const LOAD_TIMEOUT_MS = 30_000
/** A model that is loaded first may take its time. */
const MODEL_TIMEOUT_MS = 70_000
const SERVER_TIMEOUT_MS = 15_000
const SECRET_MAX_AGE_MS = 60_000
const MAX_SECRETS = 100
/** Of which only the servers' tools are looked at. */
const MAX_RESULT_BYTES = 1024

export interface CatalogExamination {
  readonly config: Config
  readonly surroundings: Surroundings
  readonly client: NautobotClient
}

interface Tools extends CatalogExamination {
  readonly outbound: Outbound
  readonly secrets: SecretResolver
}

/** What Nautobot and the environment configure: every enabled model is asked, every enabled server connected to. */
export async function examineCatalog(parts: CatalogExamination): Promise<Finding[]> {
  const { config, surroundings, client } = parts
  const closing = new AbortController()
  const outbound = connectOut(config, trustedHostsOf(config, surroundings))
  const serviceToken = surroundings.nautobot.token
  const secrets = withLocalSecrets(
    createSecretResolver({
      ...{ client, serviceToken, signal: closing.signal },
      maxAgeMs: SECRET_MAX_AGE_MS,
      maxEntries: MAX_SECRETS,
      onOutdated: () => undefined
    }),
    surroundings.localSecrets
  )
  try {
    const { catalog, findings } = await load(parts)
    if (!catalog) return findings
    const tools = { ...parts, outbound, secrets }
    const models = await examineModels(tools, catalog)
    return [...findings, ...models, ...(await examineServers(tools, catalog))]
  } finally {
    closing.abort()
    await outbound.close()
  }
}

async function load({ surroundings, client }: CatalogExamination) {
  const findings: Finding[] = []
  let catalog: Catalog | undefined
  const found = await within('catalog', LOAD_TIMEOUT_MS, async (signal) => {
    catalog = await createCatalogLoader({
      ...{ client, signal, serviceToken: surroundings.nautobot.token },
      extraModels: surroundings.extraModels,
      extraMcpServers: surroundings.extraMcpServers,
      onLeftOut: ({ list, object, problem }) =>
        void findings.push(warn('catalog', `${list}: ${object}: ${problem}.`, 'Correct it there.'))
    })()
    return []
  })
  return { catalog, findings: [...findings, ...found] }
}

async function examineModels(tools: Tools, catalog: Catalog): Promise<Finding[]> {
  const { outbound, secrets, config } = tools
  const enabled = catalog.llmModels.filter((model) => model.enabled)
  if (enabled.length === 0)
    return [fail('models', 'No LLM model is enabled.', 'Add one: AI Platform → LLM Models.')]
  const probes = createModelProbes({
    models: createModelFactory({
      outbound,
      resolveCredential: (model, context) => secrets.resolve('llm-models', model, context),
      entraAuthority: config.entraAuthority
    }),
    records: createMemoryRecords(PROBE_RECORDS),
    currentCatalog: async () => catalog,
    onRecordsFailed: () => undefined
  })
  const examine = ({ id, name }: LlmModel) =>
    within(`model ${name}`, MODEL_TIMEOUT_MS, async (signal) => {
      const context = { signal, correlationId: `doctor-${randomUUID()}` }
      const { ok: works, sentence, notices } = await probes.probe(id, context)
      const check = `model ${name}`
      const told = notices.map((notice) => warn(check, notice, 'Correct its parameters.'))
      return [works ? ok(check, sentence) : fail(check, sentence, MODELS), ...told]
    })
  return inTurn('models', enabled, examine)
}

/** A probe asks as nobody. */
const noUser = async (): Promise<never> => {
  throw new AppError('UNAUTHENTICATED', 'The doctor asks for no user.')
}

const MODELS = 'docs/models.md goes through it.'

async function examineServers({ outbound, secrets }: Tools, catalog: Catalog): Promise<Finding[]> {
  const mcp = createMcpClients({
    outbound,
    resolveCredential: (server, context) => secrets.resolve('mcp-servers', server, context),
    stateUser: noUser,
    maxResultBytes: MAX_RESULT_BYTES
  })
  const examine = (server: McpServer) =>
    within(`server ${server.name}`, SERVER_TIMEOUT_MS, async (signal) => {
      const context = { signal, correlationId: `doctor-${randomUUID()}` }
      const { problem, tools = 0 } = await mcp.probe(server, context)
      const check = `server ${server.name}`
      if (problem === undefined) return [ok(check, `It answers, and has ${tools} tools.`)]
      const advice = 'Check its remote URL and secrets group in Nautobot.'
      return [fail(check, `It cannot be used: ${problem}`, advice)]
    })
  try {
    const enabled = catalog.mcpServers.filter((server) => server.enabled)
    return await inTurn('servers', enabled, examine)
  } finally {
    await mcp.close()
  }
}
