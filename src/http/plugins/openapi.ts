import { STATUS_CODES } from 'node:http'
import swagger, { type SwaggerTransform } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  validatorCompiler
} from 'fastify-type-provider-zod'
import type { Right } from '../../auth/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import { tidyComponents } from '../components.ts'
import { errorResponses } from '../responses.ts'

interface OpenApiOptions {
  readonly version: string
}

const DESCRIPTION = `Ask Nautobot, the source of truth of your network, in plain language.

Send a session token of Nautobot's chat page or a Nautobot API token as \`Authorization: Bearer …\`. Every answer
carries \`X-Request-ID\`, which finds the request in every log. Every error has the body \`Error\`; match on its \`code\`.`

const TAGS = [
  { name: 'Chat', description: 'Ask a question.' },
  { name: 'Runs', description: 'One question being answered: look, follow, stop.' },
  { name: 'Conversations', description: 'Your own: list, read, rename, delete, export.' },
  { name: 'LLM models', description: "Nautobot's objects, with your rights." },
  { name: 'MCP servers', description: "Nautobot's objects, with your rights." },
  { name: 'System prompts', description: "Nautobot's objects, with your rights." },
  { name: 'MCP', description: "Nautobot's tools for other clients, with your rights." },
  { name: 'Jobs', description: 'Background jobs.' },
  { name: 'Probes', description: 'For orchestrators and Prometheus.' }
]

/** Schemas in, document and explorer out. Answers are serialised as they are: tests hold them to their schemas. */
export const openapi = fastifyPlugin<OpenApiOptions>(
  async (app, { version }) => {
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(() => JSON.stringify)

    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'AI Ops for Nautobot',
          version,
          description: DESCRIPTION,
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
        },
        tags: TAGS,
        components: {
          securitySchemes: {
            bearer: {
              type: 'http',
              scheme: 'bearer',
              description: 'A Nautobot API token, or a session token of the chat page.'
            }
          }
        }
      },
      transform: describeRoute,
      transformObject: (document) => tidyComponents(addComponents(document))
    })

    await app.register(async (docs) => {
      docs.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: 'public', operation: 'docs' }
      })
      docs.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
      await docs.register(swaggerUi, {
        routePrefix: '/docs',
        staticCSP: true,
        transformStaticCSP: narrow,
        theme: { title: 'AI Ops for Nautobot: API' },
        // Without the bar that would load documents from elsewhere.
        uiConfig: { layout: 'BaseLayout', displayOperationId: true, tryItOutEnabled: true }
      })
    })
  },
  { name: 'openapi' }
)

/** The explorer's own policy (with the hashes of its styles), without foreign hosts and without HTTPS by force. */
function narrow(policy: string): string {
  return policy
    .replace(/ validator\.swagger\.io| https:/g, '')
    .replace(/ ?upgrade-insecure-requests;/, '')
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
}

const toJsonSchema = createJsonSchemaTransform({})
const addComponents = createJsonSchemaTransformObject({})

const RIGHTS: Readonly<Record<Right, string>> = {
  chat: 'Needs the `chat` permission.',
  operate: 'Needs the `operate` permission.',
  erase: 'Needs the `erase` permission.',
  jobs: "Needs the `operate` permission, or the token that Nautobot's Job of this purpose makes for itself."
}

/** What every route has in common is said once, here: its name, its right, the errors of the plumbing. */
const describeRoute: SwaggerTransform<FastifySchema & { hide?: boolean }> = (input) => {
  const { schema, route } = input
  if (!schema || schema.hide) return { schema: { hide: true } as FastifySchema, url: input.url }
  const { access = 'chat', operation = '' }: FastifyContextConfig = route.config ?? {}
  const isPublic = access === 'public'
  const response = withCommonErrors(schema, isPublic)
  const { schema: described, url } = toJsonSchema({ ...input, schema: { ...schema, response } })
  nameResponses(described.response as Responses)
  const right = access === 'public' ? 'Open to everyone.' : RIGHTS[access]
  return {
    url,
    schema: {
      ...described,
      operationId: operation,
      description: [schema.description, right].filter(Boolean).join('\n\n'),
      security: isPublic ? [] : [{ bearer: [] }]
    }
  }
}

type Responses = Record<string, unknown>

function withCommonErrors(schema: FastifySchema, isPublic: boolean): Responses {
  const own = (schema.response ?? {}) as Responses
  const takesInput = Boolean(schema.body ?? schema.querystring ?? schema.params)
  const codes: ErrorCode[] = [
    ...(takesInput ? (['INVALID_REQUEST'] as const) : []),
    ...(schema.body ? (['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    ...(isPublic ? [] : (['UNAUTHENTICATED', 'FORBIDDEN', 'NAUTOBOT_UNAVAILABLE'] as const)),
    'HOST_NOT_ALLOWED',
    'RATE_LIMITED',
    'INTERNAL'
  ]
  const merged: Responses = { ...own }
  for (const [status, response] of Object.entries(errorResponses(...codes))) {
    const mine = own[status]
    merged[status] = hasDescription(mine)
      ? { ...response, ...mine, description: mergeLines(mine.description, response.description) }
      : response
  }
  return merged
}

/** A plain schema has no description of its answer; the status says enough. */
function nameResponses(responses: Responses): void {
  for (const [status, response] of Object.entries(responses)) {
    if (typeof response !== 'object' || response === null || 'content' in response) continue
    // Of a reference only this one is looked at, of a schema it would become part.
    const key = '$ref' in response ? 'description' : 'x-response-description'
    Object.assign(response, { [key]: `${STATUS_CODES[status]}.` })
  }
}

function hasDescription(value: unknown): value is { description: string } {
  return typeof value === 'object' && value !== null && 'content' in value && 'description' in value
}

function mergeLines(first: string, second: string): string {
  return [...new Set([...first.split('\n\n'), ...second.split('\n\n')])].join('\n\n')
}
