import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Secret } from '../platform/secret.ts'
import { hoursBefore, loadChanges } from './sample-changes.ts'
import { createSampleConfiguration, type SampleConfiguration } from './sample-configuration.ts'
import type { SampleGraphql } from './sample-graphql.ts'
import { modelOf, SAMPLE_MODELS } from './sample-models.ts'
import { loadNetwork } from './sample-network.ts'
import {
  indexPage,
  listPage,
  missingPage,
  objectPage,
  PAGE_SECURITY_POLICY,
  PAGE_STYLE,
  STYLE_PATH
} from './sample-pages.ts'
import { refusalOf } from './sample-refusal.ts'
import {
  getObject,
  listObjects,
  type RestRequest,
  readQuery,
  refusePath,
  routeOf,
  showObject
} from './sample-rest.ts'
import { registerShim } from './sample-shim.ts'
import { CREATED_HOURS_AGO, idOf } from './sample-source.ts'
import { createSampleStore, type SampleStore } from './sample-store.ts'
import { createSampleUsers, type SampleUser, type SampleUsers } from './sample-users.ts'

/** Fields of an LLM model or MCP server as Nautobot's REST API writes them; `id` may be chosen, `status` is a name. */
export type SampleConfigurationObject = Readonly<Record<string, unknown>> & { readonly id?: string }

export interface SampleNautobotOptions {
  readonly llmModels?: readonly SampleConfigurationObject[]
  readonly mcpServers?: readonly SampleConfigurationObject[]
  readonly systemPrompts?: readonly SampleConfigurationObject[]
  /** Keys by the id of an LLM model or MCP server; each gets a secrets group. */
  readonly credentials?: ReadonlyMap<string, Secret>
  readonly serviceToken: Secret
  /** Token of the user `lab`, who sees everything. */
  readonly labToken: Secret
  /** Token of the user `restricted`, who sees one location. */
  readonly restrictedToken: Secret
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** A small Nautobot in this process, over the sample network. It listens on the loopback address only. */
export interface SampleNautobot {
  /** The address has no trailing slash. Called once. */
  listen(): Promise<{ url: string }>
  close(): Promise<void>
}

const MAX_BODY_BYTES = 1_048_576
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']

interface Sample {
  readonly store: SampleStore
  readonly users: SampleUsers
}

export function createSampleNautobot(options: SampleNautobotOptions): SampleNautobot {
  const now = options.now ?? Date.now
  const store = createSampleStore()
  loadNetwork(store, hoursBefore(now(), CREATED_HOURS_AGO))
  loadChanges(store, now())
  const configuration = createSampleConfiguration(store, now)
  loadConfiguration(store, configuration, options)
  const users = createSampleUsers({ ...options, store, now })
  const app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true })
  registerGuards(app)
  registerShim(app, {
    users,
    configuration,
    credentials: options.credentials ?? new Map(),
    identityOf: (request) => users.authenticate(request.headers.authorization),
    restRequestOf: (request, user) => restRequestOf(request, store, user)
  })
  registerNautobot(app, { store, users })
  registerPages(app, { store, users })

  return {
    async listen() {
      return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
    },
    async close() {
      await app.close()
    }
  }
}

function loadConfiguration(
  store: SampleStore,
  configuration: SampleConfiguration,
  { llmModels = [], mcpServers = [], systemPrompts = [], credentials }: SampleNautobotOptions
): void {
  const kinds = [
    ['nautobot_ai_ops.systemprompt', systemPrompts, 'Approved'],
    ['nautobot_ai_ops.llmmodel', llmModels, 'Healthy'],
    ['nautobot_ai_ops.mcpserver', mcpServers, 'Healthy']
  ] as const
  for (const [objectType, objects, status] of kinds) {
    for (const { id, ...fields } of objects) {
      const key = `${objectType}:${fields.name}`
      const chosenId = id ?? idOf(objectType, String(fields.name)) ?? undefined
      const group = chosenId && credentials?.has(chosenId) ? addSecretsGroup(store, key) : undefined
      const body = { status, ...fields, ...(group && { secrets_group: group }) }
      configuration.create(modelOf(objectType), body, chosenId)
    }
  }
}

function addSecretsGroup(store: SampleStore, name: string): string {
  const id = idOf('extras.secretsgroup', name) ?? ''
  const values = { name, description: 'From the environment of this service' }
  store.put({ id, objectType: 'extras.secretsgroup', display: name, label: name, values })
  return id
}

function registerGuards(app: FastifyInstance): void {
  // Against pages elsewhere whose name was made to resolve to this machine.
  app.addHook('onRequest', async (request, reply) => {
    const name = request.headers.host?.replace(/:\d+$/, '') ?? ''
    if (!LOOPBACK_NAMES.includes(name)) return reply.code(400).send('Bad Request')
  })
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff')
    if (request.url.startsWith('/api/')) void reply.header('api-version', '3.2')
  })
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error)
    if (refusal) return reply.code(refusal.status).send(refusal.body)
    const status = (error as { statusCode?: number }).statusCode ?? 500
    const detail = status < 500 ? 'The request could not be read.' : 'A defect of the sample.'
    return reply.code(status).send({ detail })
  })
}

function restRequestOf(request: FastifyRequest, store: SampleStore, user: SampleUser): RestRequest {
  const { pathname, searchParams } = new URL(request.url, 'http://sample')
  const origin = `http://${request.headers.host}`
  return { store, user, origin, path: pathname, query: searchParams }
}

function registerNautobot(app: FastifyInstance, { store, users }: Sample): void {
  // Loaded and built with the first query, as Nautobot does: most starts never need it.
  let graphql: Promise<SampleGraphql> | undefined
  const loadGraphql = () =>
    import('./sample-graphql.ts').then(({ createSampleGraphql }) => createSampleGraphql(store))

  app.post('/api/graphql/', async (request) => {
    const { user } = users.authenticate(request.headers.authorization)
    graphql ??= loadGraphql()
    const answer = await graphql
    return answer(request.body, user)
  })

  app.get('/api/*', async (request) => {
    const { user } = users.authenticate(request.headers.authorization)
    const rest = restRequestOf(request, store, user)
    const route = routeOf(rest.path.slice('/api'.length), SAMPLE_MODELS)
    if (!route || route.action) return refusePath(rest.path)
    if (route.id === undefined) return listObjects(rest, route.model)
    return showObject(getObject(rest, route.model, route.id), readQuery(rest).view)
  })

  app.get('/health/', async (_request, reply) => reply.type('text/plain').send('ok'))
}

function registerPages(app: FastifyInstance, { store, users }: Sample): void {
  app.get(STYLE_PATH, async (_request, reply) => reply.type('text/css').send(PAGE_STYLE))

  app.get('/*', async (request, reply) => {
    void reply.type('text/html; charset=utf-8').headers({
      'content-security-policy': PAGE_SECURITY_POLICY,
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY'
    })
    const html = renderPage(restRequestOf(request, store, users.lab))
    return html ?? reply.code(404).send(missingPage())
  })
}

/** Undefined when there is no such page. */
function renderPage(rest: RestRequest): string | undefined {
  if (rest.path === '/') return indexPage(rest)
  const route = routeOf(rest.path, SAMPLE_MODELS)
  if (!route || route.action) return undefined
  if (route.id === undefined) return listPage(rest, route.model)
  const object = rest.store.get(route.id)
  return object?.objectType === route.model.objectType ? objectPage(rest.store, object) : undefined
}
