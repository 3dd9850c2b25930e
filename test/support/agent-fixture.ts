import { type Agent, createAgent } from '../../src/agent/agent.ts'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { createAgentGraph } from '../../src/agent/agent-graph.ts'
import { PATIENCE, type Patience } from '../../src/agent/model-patience.ts'
import { createPromptBudgets } from '../../src/agent/prompt-budget.ts'
import type { AgentLimits } from '../../src/agent/run-limits.ts'
import type { Caller, Scope, UserToken } from '../../src/auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../../src/catalog/catalog.ts'
import {
  type ConversationRegistry,
  createMemoryConversationRegistry
} from '../../src/conversations/conversation-registry.ts'
import {
  branchPoint,
  type ConversationCheckpointer
} from '../../src/conversations/conversation-tree.ts'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'
import { createMemoryResultStore } from '../../src/conversations/memory-result-store.ts'
import type { AppError } from '../../src/errors.ts'
import { createModelFactory } from '../../src/llm/model-factory.ts'
import { Secret } from '../../src/platform/secret.ts'
import { createMemoryAnswerDesk } from '../../src/runs/elicitation-desk.ts'
import { createLoneRuns } from '../../src/runs/lone-runs.ts'
import { createMemoryRunStore } from '../../src/runs/memory-run-store.ts'
import { eventOf, type Question, type RunCoordinator } from '../../src/runs/run.ts'
import {
  createRunCoordinator,
  type OwningRunCoordinator,
  type RunCoordinatorOptions
} from '../../src/runs/run-coordinator.ts'
import type { ToolResult, ToolSet } from '../../src/tool-server.ts'
import { testModel } from './test-model.ts'

/** A model that the fixture's scripted provider answers for, unless it is given an address. */
export function llmModel(change: Partial<LlmModel> = {}): LlmModel {
  return testModel({ name: 'scripted', modelName: 'scripted-1', address: '', ...change })
}

export function mcpServer(change: Partial<McpServer> = {}): McpServer {
  return {
    id: 'server-1',
    name: 'weather',
    description: '',
    status: 'Healthy',
    enabled: true,
    address: 'http://127.0.0.1:1/mcp',
    transport: 'http',
    identity: 'service',
    hasCredential: false,
    credentialHeader: '',
    headers: {},
    verifyTls: true,
    connectTimeoutMs: 5_000,
    timeoutMs: 1_000,
    totalTimeoutMs: 10_000,
    toolPrefix: '',
    allowedTools: [],
    deniedTools: [],
    readOnlyTools: [],
    approvalTools: [],
    maxResultBytes: 8_388_608,
    source: 'environment',
    ...change
  }
}

/** For tests in which no server wants to know who asks. */
export const vouchForNobody = async () => {
  throw new Error('No server of this test takes the identity of users')
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
    llmModelIds: new Set(llmModelIds),
    mcpServerIds: new Set()
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
  /** Failures that were not the end, and who was asked then. */
  readonly passed: string[]
  ask(message: string, change?: Partial<Question>): ReturnType<RunCoordinator['start']>
  /** Every event of a run, to its end. */
  eventsOf(runId: string, userId?: string): Promise<AgentEvent[]>
}

interface FixtureOptions extends Partial<Omit<RunCoordinatorOptions, 'agent'>> {
  readonly maxKeptRuns?: number
  /** Base address of the scripted model. */
  readonly url: string
  readonly tools?: () => ToolSet | Promise<ToolSet>
  readonly catalog?: () => Catalog
  readonly limits?: Partial<AgentLimits>
  /** Nobody really waits unless this says so. */
  readonly patience?: Partial<Patience>
  /** Ids of the models that everybody may chat with. */
  readonly permitted?: readonly string[]
}

interface AgentParts extends Required<Pick<FixtureOptions, 'url' | 'tools' | 'catalog'>> {
  readonly limits?: FixtureOptions['limits'] | undefined
  readonly patience?: FixtureOptions['patience'] | undefined
  readonly permitted?: FixtureOptions['permitted'] | undefined
}

/** The agent and its coordinator in this process, with a real LangGraph graph and the models' real client. */
export function startAgentFixture(options: FixtureOptions): AgentFixture {
  const { url, tools = toolSet, catalog = catalogOf, limits, patience, ...others } = options
  const { maxKeptRuns = 100, permitted, ...rest } = others
  const checkpointer = new MemoryCheckpointer()
  const failures: AppError[] = []
  const parts = { url, tools, catalog, limits, patience, permitted }
  const passed: string[] = []
  const agent = testAgent(parts, checkpointer, { failures, passed })
  const conversations = createMemoryConversationRegistry({
    maxConversations: 100,
    maxConversationsPerUser: 50,
    maxTurns: 100,
    onForgotten: (id) => checkpointer.deleteThread(id)
  })
  const store = createMemoryRunStore({
    maxKeptRuns,
    maxKeptCharacters: 1_000_000,
    keepMs: 60_000,
    approvalWaitMs: 60_000,
    release: conversations.release
  })
  const runs = createRunCoordinator({
    agent,
    desk: createMemoryAnswerDesk(),
    conversations,
    branchPoint: (id, wish) => branchPoint(checkpointer, id, wish),
    settle: (id) => checkpointer.prune(id),
    onBroken: (error) => {
      throw error
    },
    store,
    shared: createLoneRuns(store),
    grantFor: async ({ id }) => userToken(id).grant,
    maxRuns: 20,
    maxRunsPerUser: 20,
    maxQueuedRuns: 20,
    maxQueuedRunsPerUser: 20,
    ...{ maxRunMs: 20_000, maxFormWaitMs: 60_000 },
    ...rest
  })
  return {
    agent,
    runs,
    conversations,
    checkpointer,
    failures,
    passed,
    ask: (message, change = {}) => runs.start(question(message, change)),
    async eventsOf(runId, userId = 'alice') {
      const { signal } = new AbortController()
      const logged = runs.events(caller(userId), runId, { afterId: undefined, signal })
      return (await Array.fromAsync(logged)).map(eventOf)
    }
  }
}

/** The agent alone, over whatever store. */
export function testAgent(
  { url, tools, catalog, limits, patience, permitted }: AgentParts,
  checkpointer: ConversationCheckpointer,
  { failures, passed }: Pick<AgentFixture, 'failures' | 'passed'>
): Agent {
  const models = createModelFactory({
    outbound: { fetchFor: () => fetch, close: async () => undefined },
    resolveCredential: async ({ address }) => ({ address, secret: undefined })
  })
  return createAgent({
    graph: createAgentGraph(checkpointer),
    checkpointer,
    limits: {
      maxModelCalls: 6,
      maxToolCalls: 8,
      maxRunTokens: 1_000_000,
      maxRunCost: 0,
      maxAnswerCharacters: 10_000,
      ...limits
    },
    promptValues: { nautobot: 'https://nautobot.example.com', environment: 'LAB' },
    promptBudgets: createPromptBudgets(),
    results: createMemoryResultStore({ maxBytesPerConversation: 1e6, maxBytes: 1e7 }),
    maxResultBytes: 48 * 1024,
    patience: { ...PATIENCE, sleep: async () => undefined, ...patience },
    observer: {
      modelCalled: () => undefined,
      toolCalled: () => undefined,
      modelFailed: ({ code }, { standIn = 'again' }) => passed.push(`${code}: ${standIn}`)
    },
    approvalWaitMs: 60_000,
    currentCatalog: async () => catalog(),
    userTokenFor: async ({ id }) => userToken(id, permitted),
    modelFor: (model, context) =>
      models.modelFor({ ...model, address: model.address || url }, context),
    leaseTools: async () => tools(),
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
