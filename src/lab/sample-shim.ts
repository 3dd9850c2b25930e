import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Secret } from '../platform/secret.ts'
import { isOtherModel } from './nautobot-names.ts'
import { changeLog } from './sample-change-log.ts'
import type { SampleConfiguration } from './sample-configuration.ts'
import { countObjects } from './sample-count.ts'
import { describeModel, describeModels } from './sample-describe.ts'
import type { SampleModel } from './sample-model.ts'
import { modelOf } from './sample-models.ts'
import { CONFIGURATION_MODELS } from './sample-models-ai-ops.ts'
import { showOnly } from './sample-only-object.ts'
import { refuse, SampleRefusal } from './sample-refusal.ts'
import { showWithRelated } from './sample-related.ts'
import { getObject, modelInPath, type RestRequest, showObject } from './sample-rest.ts'
import type { SampleIdentity, SampleRight, SampleUser, SampleUsers } from './sample-users.ts'

export interface SampleShimOptions {
  readonly users: SampleUsers
  readonly configuration: SampleConfiguration
  /** Keys by id of the LLM model or MCP server. */
  readonly credentials: ReadonlyMap<string, Secret>
  identityOf(request: FastifyRequest): SampleIdentity
  restRequestOf(request: FastifyRequest, user: SampleUser): RestRequest
}

const BASE = '/api/plugins/ai-ops'
const EXCHANGED = ['session_token', 'grant', 'api_token']

/** The endpoints that the shim adds to Nautobot. */
export function registerShim(app: FastifyInstance, options: SampleShimOptions): void {
  registerIdentity(app, options)
  registerQuestions(app, options)
  for (const model of CONFIGURATION_MODELS) registerWrites(app, options, model)
  for (const objectType of ['nautobot_ai_ops.llmmodel', 'nautobot_ai_ops.mcpserver']) {
    registerActions(app, options, modelOf(objectType))
  }
}

function registerIdentity(app: FastifyInstance, options: SampleShimOptions): void {
  const { users, identityOf, restRequestOf } = options

  /** Who may chat may chat with all of them. */
  function permitted(request: FastifyRequest, user: SampleUser) {
    const { store } = restRequestOf(request, user)
    const idsOf = (objectType: string) =>
      user.scopes.includes('chat') ? store.list(objectType).map(({ id }) => id) : []
    return {
      llm_models: idsOf('nautobot_ai_ops.llmmodel'),
      mcp_servers: idsOf('nautobot_ai_ops.mcpserver')
    }
  }

  // The sample mints no session tokens, so no key verifies one.
  app.get(`${BASE}/jwks/`, async () => ({ keys: [] }))

  app.get(`${BASE}/whoami/`, async (request, reply) => {
    const { user, writeEnabled, exchanged } = identityOf(request)
    void reply.header('cache-control', 'no-store')
    return {
      id: user.id,
      username: user.username,
      is_superuser: false,
      groups: [],
      write_enabled: writeEnabled,
      exchanged,
      scopes: user.scopes,
      ...permitted(request, user)
    }
  })

  app.post(`${BASE}/token-exchange/`, async (request, reply) => {
    demandRight(identityOf(request), 'exchange_token')
    const [kind, presented] = presentedIn(request.body)
    const answer = users.exchange(kind, presented)
    const { user } = users.authenticate(`Token ${answer.token}`)
    void reply.header('cache-control', 'no-store').code(201)
    return { ...answer, ...permitted(request, user) }
  })
}

function presentedIn(body: unknown): readonly [kind: string, presented: string] {
  const entries = typeof body === 'object' && body !== null ? Object.entries(body) : []
  const [kind = '', presented] = entries[0] ?? []
  if (entries.length !== 1 || !EXCHANGED.includes(kind)) {
    const message = `Send a JSON object with exactly one of ${EXCHANGED.join(', ')}.`
    throw refuse(400, message, 'invalid_request')
  }
  if (typeof presented !== 'string' || presented === '') {
    throw refuse(400, `${kind} must be a text that is not empty.`, 'invalid_request')
  }
  return [kind, presented]
}

function registerQuestions(app: FastifyInstance, options: SampleShimOptions): void {
  const { identityOf, restRequestOf } = options
  const modelNamed = (objectType: string) => modelInPath(objectType, isOtherModel(objectType))

  app.get(`${BASE}/models/`, async (request) => describeModels(identityOf(request).user))

  app.get<{ Params: { type: string } }>(`${BASE}/models/:type/`, async (request) => {
    identityOf(request)
    return describeModel(modelNamed(request.params.type))
  })

  app.get(`${BASE}/objects/`, async (request) => {
    const { user } = identityOf(request)
    return showOnly(restRequestOf(request, user), modelNamed)
  })

  app.get<{ Params: { type: string; id: string } }>(
    `${BASE}/objects/:type/:id/`,
    async (request) => {
      const { user } = identityOf(request)
      const { type, id } = request.params
      return showWithRelated(restRequestOf(request, user), modelNamed(type), id)
    }
  )

  app.get(`${BASE}/change-log/`, async (request) => {
    const { user } = identityOf(request)
    return changeLog(restRequestOf(request, user))
  })

  app.get<{ Params: { type: string } }>(`${BASE}/count/:type/`, async (request) => {
    const { user } = identityOf(request)
    return countObjects(restRequestOf(request, user), modelNamed(request.params.type))
  })
}

type WithId = { Params: { id: string } }

function registerWrites(
  app: FastifyInstance,
  { identityOf, restRequestOf, configuration }: SampleShimOptions,
  model: SampleModel
): void {
  const list = `/api${model.path}`
  const permitted = (request: FastifyRequest) => {
    const identity = identityOf(request)
    demandRight(identity, 'write')
    return restRequestOf(request, identity.user)
  }
  const show = (request: RestRequest, object: Parameters<typeof showObject>[0]) =>
    showObject(object, { ...request, depth: 0, excludeMany: true })

  app.post(list, async (request, reply) => {
    const rest = permitted(request)
    void reply.code(201)
    return show(rest, configuration.create(model, request.body))
  })

  for (const method of ['PATCH', 'PUT'] as const) {
    app.route<WithId>({
      method,
      url: `${list}:id/`,
      handler: async (request) => {
        const rest = permitted(request)
        const object = getObject(rest, model, request.params.id)
        return show(rest, configuration.update(object, request.body, method === 'PUT'))
      }
    })
  }

  app.delete<WithId>(`${list}:id/`, async (request, reply) => {
    const rest = permitted(request)
    configuration.remove(getObject(rest, model, request.params.id))
    return reply.code(204).send()
  })
}

function registerActions(
  app: FastifyInstance,
  { identityOf, restRequestOf, configuration, credentials }: SampleShimOptions,
  model: SampleModel
): void {
  const object = (request: FastifyRequest<WithId>, right: SampleRight) => {
    const identity = identityOf(request)
    demandRight(identity, right)
    return getObject(restRequestOf(request, identity.user), model, request.params.id)
  }

  app.post<WithId>(`/api${model.path}:id/resolve-credential/`, async (request, reply) => {
    const { id, values } = object(request, 'resolve_credential')
    void reply.header('cache-control', 'no-store')
    const credential = credentials.get(id)
    if (!credential) throw refuse(404, 'No secrets group is set.', 'no_credential')
    return { url: values.remote_url, value: credential.reveal() }
  })

  app.post<WithId>(`/api${model.path}:id/report-health/`, async (request) => {
    const reported = object(request, 'report_health')
    const healthy = (request.body as { healthy?: unknown } | null)?.healthy
    if (typeof healthy !== 'boolean') {
      throw new SampleRefusal(400, { healthy: ['Send true or false.'] })
    }
    return configuration.reportHealth(reported, healthy)
  })
}

function demandRight({ user, writeEnabled }: SampleIdentity, right: SampleRight): void {
  if (writeEnabled && user.rights.has(right)) return
  throw refuse(403, 'You do not have permission to perform this action.')
}
