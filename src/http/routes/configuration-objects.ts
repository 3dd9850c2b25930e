import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller } from '../../auth/caller.ts'
import type { UserTokens } from '../../auth/user-token.ts'
import type { CatalogKind } from '../../catalog/catalog-kinds.ts'
import type { CatalogFilter, CatalogReader } from '../../catalog/catalog-reader.ts'
import type { CatalogView } from '../../catalog/catalog-translation.ts'
import type { CatalogWriter } from '../../catalog/catalog-writer.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { ModelProbes } from '../../llm/model-probes.ts'
import type { HealthCheck } from '../../mcp/health-check.ts'
import type { ToolWatch } from '../../mcp/tool-watch.ts'
import type { NautobotCall } from '../../nautobot/client.types.ts'
import type { Secret } from '../../platform/secret.ts'
import { responseClosed } from '../codecs/sse.ts'
import { errorResponses } from '../responses.ts'

export interface ConfigurationOptions {
  readonly reader: CatalogReader
  readonly writer: CatalogWriter
  /** Read-only tokens of callers that come with a session token. */
  readonly userTokens: Pick<UserTokens, 'forCaller' | 'forget'>
  /** What came of probing LLM models, by their ids. */
  readonly lastProbes: ModelProbes['lastOf']
  /** What is known of the health of MCP servers, by their ids. */
  readonly serverHealth: HealthCheck['known']
  /** Tools that are not what was accepted, by the ids of their servers. */
  readonly changedTools: ToolWatch['changed']
}

/** What tells the three sets of routes apart. */
export interface ConfigurationRoutes {
  readonly kind: CatalogKind
  /** Adds what this service knows beside Nautobot. */
  readonly complete?: (
    items: readonly CatalogView[],
    options: ConfigurationOptions
  ) => Promise<CatalogView[]>
  /** Tag in the document, such as `LLM models`. */
  readonly tag: string
  /** For summaries: `an LLM model`. */
  readonly article: string
  readonly schemas: {
    readonly create: z.ZodType<Readonly<Record<string, unknown>>>
    readonly update: z.ZodType<Readonly<Record<string, unknown>>>
    readonly view: z.ZodType
    readonly query: z.ZodType<CatalogFilter>
  }
}

const paramsSchema = z.object({ id: z.guid('is not a UUID') })

const READ_ERRORS: readonly ErrorCode[] = ['NAUTOBOT_REFUSED']
const WRITE_ERRORS: readonly ErrorCode[] = ['WRITE_IN_NAUTOBOT', 'CONFLICT', 'NAUTOBOT_REFUSED']

const THROUGH = 'Goes through Nautobot with your rights.'
const WRITES = `${THROUGH} Needs a Nautobot API token that may write; from the chat page, use Nautobot's own forms.`

/** Nautobot attributes a write to the token's user, so it takes the caller's own token, for this one request. */
function writeCall(request: FastifyRequest, reply: FastifyReply): NautobotCall {
  const { credential } = request.caller
  if (credential.kind !== 'api-token')
    throw new AppError(
      'WRITE_IN_NAUTOBOT',
      'A session of the chat can only read. Use the pages under AI Platform in Nautobot.'
    )
  return { token: credential.token, signal: responseClosed(reply), correlationId: request.id }
}

function createReads(userTokens: ConfigurationOptions['userTokens']) {
  const tokenOf = async (caller: Caller, call: Omit<NautobotCall, 'token'>): Promise<Secret> =>
    caller.credential.kind === 'api-token'
      ? caller.credential.token
      : (await userTokens.forCaller(caller, call)).token

  /** Runs a read as the caller; a token that Nautobot no longer takes is not used again. */
  return async <T>(
    request: FastifyRequest,
    reply: FastifyReply,
    read: (call: NautobotCall) => Promise<T>
  ): Promise<T> => {
    const call = { signal: responseClosed(reply), correlationId: request.id }
    const token = await tokenOf(request.caller, call)
    try {
      return await read({ ...call, token })
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') userTokens.forget(token)
      throw error
    }
  }
}

/** List, read, create, change and delete one kind of configuration objects, all through Nautobot. */
export function configurationObjects(
  routes: ConfigurationRoutes
): FastifyPluginAsyncZod<ConfigurationOptions> {
  return async (app, options) => {
    await app.register(readRoutes(routes), options)
    await app.register(writeRoutes(routes), options)
  }
}

function readRoutes(routes: ConfigurationRoutes): FastifyPluginAsyncZod<ConfigurationOptions> {
  const { kind, tag, article, schemas } = routes
  const path = `/api/v1/${kind.list}`
  return async (app, options) => {
    const { reader, userTokens } = options
    const reads = createReads(userTokens)
    const complete = async (items: CatalogView[]) =>
      routes.complete ? routes.complete(items, options) : items

    app.get(
      path,
      {
        config: { operation: `${kind.list}.list`, access: 'chat' },
        schema: {
          tags: [tag],
          summary: `List ${tag}`,
          description: `${THROUGH} \`count\` is the number of all that match.`,
          querystring: schemas.query,
          response: {
            200: z.object({ count: z.int(), items: z.array(schemas.view) }),
            ...errorResponses(...READ_ERRORS)
          }
        }
      },
      async (request, reply) => {
        const list = (call: NautobotCall) => reader.list(kind, request.query, call)
        const { count, items } = await reads(request, reply, list)
        return { count, items: await complete(items) }
      }
    )

    app.get(
      `${path}/:id`,
      {
        config: { operation: `${kind.list}.read`, access: 'chat' },
        schema: {
          tags: [tag],
          summary: `Read ${article}`,
          description: THROUGH,
          params: paramsSchema,
          response: {
            200: schemas.view,
            ...errorResponses('OBJECT_NOT_FOUND', ...READ_ERRORS)
          }
        }
      },
      async (request, reply) => {
        const read = (call: NautobotCall) => reader.read(kind, request.params.id, call)
        const [view] = await complete([await reads(request, reply, read)])
        return view
      }
    )
  }
}

function writeRoutes(routes: ConfigurationRoutes): FastifyPluginAsyncZod<ConfigurationOptions> {
  const { kind, tag, article, schemas } = routes
  const path = `/api/v1/${kind.list}`
  const described = (summary: string) => ({
    tags: [tag],
    summary: `${summary} ${article}`,
    description: WRITES
  })
  const onObject = errorResponses('OBJECT_NOT_FOUND', ...WRITE_ERRORS)
  return async (app, { writer }) => {
    app.post(
      path,
      {
        config: { operation: `${kind.list}.create`, access: 'chat' },
        schema: {
          ...described('Create'),
          body: schemas.create,
          response: { 201: schemas.view, ...errorResponses(...WRITE_ERRORS) }
        }
      },
      async (request, reply) => {
        const created = await writer.create(kind, request.body, writeCall(request, reply))
        return reply.code(201).header('location', `${path}/${created.id}`).send(created)
      }
    )

    app.patch(
      `${path}/:id`,
      {
        config: { operation: `${kind.list}.update`, access: 'chat' },
        schema: {
          ...described('Change'),
          params: paramsSchema,
          body: schemas.update,
          response: { 200: schemas.view, ...onObject }
        }
      },
      (request, reply) =>
        writer.update(kind, request.params.id, request.body, writeCall(request, reply))
    )

    app.delete(
      `${path}/:id`,
      {
        config: { operation: `${kind.list}.delete`, access: 'chat' },
        schema: {
          ...described('Delete'),
          params: paramsSchema,
          response: { 204: z.null().describe('It is gone.'), ...onObject }
        }
      },
      async (request, reply) => {
        await writer.remove(kind, request.params.id, writeCall(request, reply))
        return reply.code(204).send(null)
      }
    )
  }
}
