import { Writable } from 'node:stream'
import { McpServer } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from '../../src/app.ts'
import type { Caller } from '../../src/auth/caller.ts'
import { AppError } from '../../src/errors.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { Secret } from '../../src/platform/secret.ts'
import { mcpServer } from './agent-fixture.ts'
import { createFakeRuns } from './fake-runs.ts'
import { createMemoryConversations } from './memory-conversations.ts'

export const ALICE_TOKEN = 'alice-token'
export const BOB_TOKEN = 'bob-token'
export const NAUTOBOT_URL = 'https://nautobot.example.com'

export interface StartedApp {
  readonly app: FastifyInstance
  readonly url: string
  readonly port: number
  /** Everything logged so far. */
  readonly log: () => string
  stop(): Promise<void>
}

/** A caller who may chat and no more. */
export function createCaller(name: string): Caller {
  const token = new Secret(`${name}-token`)
  return {
    id: `id-${name}`,
    username: name,
    scopes: new Set(['chat']),
    credential: { kind: 'api-token', token }
  }
}

async function notAsked(): Promise<never> {
  throw new Error('No test of this app asks for it')
}

/** Options of an app whose neighbours are small fakes. */
export function createAppOptions(overrides: Partial<AppOptions> = {}): AppOptions {
  return {
    environment: 'PROD',
    version: '1.2.3',
    host: '127.0.0.1',
    nautobotPublicUrl: NAUTOBOT_URL,
    webRoot: '/nonexistent',
    heartbeatMs: 5_000,
    rateLimitPerMinute: 10_000,
    logger: createLogger({ level: 'silent', version: '1.2.3' }),
    metrics: createMetrics({ version: '1.2.3' }),
    authenticate: async (authorization, access) => {
      const name = /^Bearer (alice|bob)-token$/.exec(authorization ?? '')?.[1]
      if (!name) throw new AppError('UNAUTHENTICATED', 'Send a valid Nautobot API token.')
      const caller = createCaller(name)
      if (access !== 'chat') throw new AppError('FORBIDDEN', `Needs ${access}.`)
      return caller
    },
    readiness: () => ({ isReady: true, isDraining: false, reasons: [] }),
    runs: createFakeRuns(),
    conversations: createMemoryConversations().conversations,
    configuration: {
      reader: { list: notAsked, read: notAsked },
      writer: { create: notAsked, update: notAsked, remove: notAsked },
      userTokens: { forCaller: async () => USER_TOKEN, forget: () => undefined }
    },
    mcpTools: { list: notAsked, refresh: notAsked, changed: async () => new Map() },
    mcpHealth: { checkAll: notAsked, checkNow: notAsked, known: async () => new Map() },
    modelProbes: { probe: notAsked, last: async () => new Map(), lastOf: async () => new Map() },
    scheduler: { list: async () => [], run: notAsked },
    toolServerFor: () => new McpServer({ name: 'empty', version: '1' }),
    chatOptions: { currentCatalog: async () => CATALOG, userToken: async () => USER_TOKEN },
    ...overrides
  }
}

/** The app on a free port, with its log captured. */
export async function startApp(
  overrides: Partial<AppOptions> = {},
  extend: (app: FastifyInstance) => void = () => undefined
): Promise<StartedApp> {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const logger = createLogger({ level: 'debug', version: '1.2.3', destination })
  const app = await buildApp(createAppOptions({ logger, ...overrides }))
  extend(app)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const port = Number(new URL(url).port)
  return { app, url, port, log: () => lines.join(''), stop: () => app.close() }
}

const MODEL = {
  description: '',
  status: 'Healthy',
  enabled: true,
  isDefault: false,
  provider: 'openai',
  modelName: 'gpt',
  address: '',
  apiVersion: '',
  verifyTls: true,
  timeoutMs: 1000,
  parameters: {},
  systemPromptId: undefined,
  mcpServerIds: [],
  hasCredential: false,
  contextTokens: 128_000,
  inputPrice: undefined,
  cachedInputPrice: undefined,
  outputPrice: undefined,
  fallbackModelId: undefined,
  redact: false,
  entraTenantId: '',
  entraClientId: '',
  source: 'nautobot'
} as const

const CATALOG = {
  revision: 'r1',
  loadedAt: 0,
  llmModels: [
    { ...MODEL, id: 'model-1', name: 'Permitted', isDefault: true },
    { ...MODEL, id: 'model-2', name: 'Not permitted' },
    { ...MODEL, id: 'model-3', name: 'Switched off', enabled: false },
    { ...MODEL, id: 'model-4', name: 'Lab model', source: 'lab' as const }
  ],
  mcpServers: [
    mcpServer({
      name: 'Tickets',
      address: 'https://tickets.example.com/mcp',
      hasCredential: true
    })
  ],
  systemPrompts: []
}

const USER_TOKEN = {
  userId: 'id-alice',
  username: 'alice',
  token: new Secret('exchanged'),
  expiresAt: 0,
  grant: new Secret('grant'),
  grantExpiresAt: 0,
  llmModelIds: new Set(['model-1', 'model-3']),
  mcpServerIds: new Set<string>()
}
