import { ChatOpenAI } from '@langchain/openai'
import { type Agent, type AgentOptions, createAgent } from '../../src/agent/agent.ts'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { createAgentGraph } from '../../src/agent/agent-graph.ts'
import type { Caller, Scope, UserToken } from '../../src/auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../../src/catalog/catalog.ts'
import {
  type ConversationRegistry,
  createMemoryConversationRegistry
} from '../../src/conversations/conversation-registry.ts'
import { branchPoint } from '../../src/conversations/conversation-tree.ts'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'
import { AppError } from '../../src/errors.ts'
import { Secret } from '../../src/platform/secret.ts'
import { createMemoryRunStore } from '../../src/runs/memory-run-store.ts'
import { eventOf, type Question, type RunCoordinator } from '../../src/runs/run.ts'
import {
  createRunCoordinator,
  type OwningRunCoordinator,
  type RunCoordinatorOptions
} from '../../src/runs/run-coordinator.ts'
import type { ToolResult, ToolSet } from '../../src/tool-server.ts'

export function llmModel(change: Partial<LlmModel> = {}): LlmModel {
  return {
    id: 'model-1',
    name: 'scripted',
    description: '',
    status: 'Healthy',
    enabled: true,
    isDefault: true,
    provider: 'openai',
    modelName: 'scripted-1',
    address: '',
    apiVersion: '',
    verifyTls: true,
    timeoutMs: 5_000,
    parameters: {},
    systemPromptId: undefined,
    hasCredential: false,
    source: 'nautobot',
    ...change
  }
}

export function mcpServer(change: Partial<McpServer> = {}): McpServer {
  return {
    id: 'server-1',
    name: 'weather',
    description: '',
    status: 'Healthy',
    enabled: true,
    address: 'http://127.0.0.1:1/mcp',
    verifyTls: true,
    timeoutMs: 1_000,
    hasCredential: false,
    ...change
  }
}

export function catalogOf(change: Partial<Catalog> = {}): Catalog {
  return {
    revision: 'r1',
    loadedAt: 0,
    llmModels: [llmModel()],
    mcpServers: [],
    systemPrompts: [],
    ...change
  }
}

export function caller(id = 'alice', scopes: readonly Scope[] = ['chat']): Caller {
  const credential = { kind: 'api-token', token: new Secret(`token-of-${id}`) } as const
  return { id, username: id, scopes: new Set(scopes), credential }
}

export function userToken(id: string, llmModelIds: readonly string[] = ['model-1']): UserToken {
  return {
    userId: id,
    username: id,
    token: new Secret(`read-only-${id}`),
    expiresAt: Date.now() + 600_000,
    grant: new Secret(`grant-${id}`),
    grantExpiresAt: Date.now() + 3_600_000,
    llmModelIds: new Set(llmModelIds)
  }
}

/** Tools of a run whose one tool, `count`, does what the test says. */
export function toolSet(
  call: ToolSet['call'] = async () => counted('7 devices'),
  change: Partial<ToolSet> = {}
): ToolSet {
  const inputSchema = { type: 'object', properties: { model: { type: 'string' } } }
  return {
    tools: [
      { name: 'count', description: 'Counts', inputSchema, server: 'nautobot', readOnly: true }
    ],
    unavailable: [],
    call,
    release: async () => {},
    ...change
  }
}

export function counted(text: string, change: Partial<ToolResult> = {}): ToolResult {
  return { isError: false, text, links: [], gaps: [], ...change }
}

export interface AgentFixture {
  readonly agent: Agent
  readonly runs: OwningRunCoordinator
  readonly conversations: ConversationRegistry
  readonly checkpointer: MemoryCheckpointer
  readonly failures: AppError[]
  ask(message: string, change?: Partial<Question>): ReturnType<RunCoordinator['start']>
  /** Every event of a run, to its end. */
  eventsOf(runId: string, userId?: string): Promise<AgentEvent[]>
}

interface FixtureOptions extends Partial<Omit<RunCoordinatorOptions, 'agent'>> {
  readonly maxKeptRuns?: number
  /** Base address of the scripted model. */
  readonly url: string
  readonly tools?: () => ToolSet
  readonly catalog?: () => Catalog
  readonly limits?: Partial<AgentOptions['limits']>
}

/** The agent and its coordinator in this process, with a real LangGraph graph and a real ChatOpenAI. */
export function startAgentFixture(options: FixtureOptions): AgentFixture {
  const { url, tools = toolSet, catalog = catalogOf, limits, maxKeptRuns = 100, ...rest } = options
  const checkpointer = new MemoryCheckpointer()
  const failures: AppError[] = []
  const agent = testAgent({ url, tools, catalog, limits }, checkpointer, failures)
  const conversations = createMemoryConversationRegistry({
    maxConversations: 100,
    maxConversationsPerUser: 50,
    maxTurns: 100,
    onForgotten: (id) => checkpointer.deleteThread(id)
  })
  const runs = createRunCoordinator({
    agent,
    conversations,
    branchPoint: (id, wish) => branchPoint(checkpointer, id, wish),
    settle: (id) => checkpointer.prune(id),
    onBroken: (error) => {
      throw error
    },
    store: createMemoryRunStore({
      maxKeptRuns,
      maxKeptCharacters: 1_000_000,
      keepMs: 60_000,
      release: conversations.release
    }),
    maxRuns: 20,
    maxRunsPerUser: 20,
    maxQueuedRuns: 20,
    maxQueuedRunsPerUser: 20,
    maxRunMs: 20_000,
    ...rest
  })
  return {
    agent,
    runs,
    conversations,
    checkpointer,
    failures,
    ask: (message, change = {}) => runs.start(question(message, change)),
    async eventsOf(runId, userId = 'alice') {
      const { signal } = new AbortController()
      const logged = runs.events(caller(userId), runId, { afterId: undefined, signal })
      return (await Array.fromAsync(logged)).map(eventOf)
    }
  }
}

function testAgent(
  {
    url,
    tools,
    catalog,
    limits
  }: Required<Pick<FixtureOptions, 'url' | 'tools' | 'catalog'>> & {
    readonly limits: FixtureOptions['limits'] | undefined
  },
  checkpointer: MemoryCheckpointer,
  failures: AppError[]
): Agent {
  const model = new ChatOpenAI({
    model: 'scripted-1',
    apiKey: 'unused',
    maxRetries: 0,
    configuration: { baseURL: url }
  })
  return createAgent({
    graph: createAgentGraph(checkpointer),
    checkpointer,
    limits: {
      maxModelCalls: 6,
      maxToolCalls: 8,
      maxAnswerCharacters: 10_000,
      maxPromptCharacters: 50_000,
      ...limits
    },
    observer: { modelCalled: () => undefined, toolCalled: () => undefined },
    currentCatalog: async () => catalog(),
    userTokenFor: async ({ id }) => userToken(id),
    modelFor: async () => model,
    leaseTools: async () => tools(),
    toModelError: (error) =>
      error instanceof AppError
        ? error
        : new AppError('MODEL_FAILED', 'It failed.', { cause: error }),
    onFailed: (failure) => failures.push(failure)
  })
}

export function question(message: string, change: Partial<Question> = {}): Question {
  return {
    caller: caller(),
    conversationId: undefined,
    message,
    replaces: undefined,
    after: undefined,
    model: undefined,
    mcpServers: undefined,
    pageContext: undefined,
    correlationId: 'test',
    ...change
  }
}
