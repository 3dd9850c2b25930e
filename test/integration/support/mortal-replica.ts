import type { Redis } from 'ioredis'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import { branchPoint } from '../../../src/conversations/conversation-tree.ts'
import { RedisCheckpointer } from '../../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationRegistry } from '../../../src/conversations/redis-conversation-registry.ts'
import type { RedisChannels } from '../../../src/platform/redis-channels.ts'
import { createMemoryAnswerDesk } from '../../../src/runs/elicitation-desk.ts'
import { createRedisRunStore } from '../../../src/runs/redis-run-store.ts'
import { eventOf } from '../../../src/runs/run.ts'
import {
  createRunCoordinator,
  type OwningRunCoordinator
} from '../../../src/runs/run-coordinator.ts'
import { createSharedRuns } from '../../../src/runs/shared-runs.ts'
import type { ToolSet } from '../../../src/tool-server.ts'
import { caller, catalogOf, question, testAgent, userToken } from '../../support/agent-fixture.ts'
import { guarded } from '../../support/run-replica.ts'

/** Short: whoever is dead is to be missed soon. */
const LEASE_MS = 1_000
const HEARTBEAT_MS = 200
const TTL_DAYS = 1

export interface MortalReplicaOptions {
  readonly client: Redis
  readonly channels: RedisChannels
  readonly deployment: string
  /** Of the model. */
  readonly url: string
  readonly tools: () => ToolSet
  /** Commands to Redis that it lives for; default: it does not die. */
  readonly life?: number
  /** Whether its last command reaches Redis: its answer is lost all the same. */
  readonly isLastSent?: boolean
}

/** A replica's agent, runs and conversations over a real Redis; it can be made to die between any two commands. */
export interface MortalReplica {
  readonly runs: OwningRunCoordinator
  /** Commands it has sent. */
  sent(): number
  ask(message: string, conversationId?: string): Promise<{ runId: string; conversationId: string }>
  /** Every event of a run, to its end, wherever it is answered. */
  eventsOf(runId: string): Promise<AgentEvent[]>
  /** Kinds of the messages of a conversation. */
  kindsOf(conversationId: string): Promise<string[]>
  close(): void
}

/** A client whose connection breaks for good after so many commands. */
function createMortalClient({
  client,
  life = Number.POSITIVE_INFINITY,
  isLastSent = false
}: MortalReplicaOptions) {
  let sent = 0
  const mortal = guarded(client, async (send) => {
    sent += 1
    if (sent <= life) return send()
    if (sent === life + 1 && isLastSent) await send()
    throw new Error('Connection is closed.')
  })
  return { client: mortal, sent: () => sent, isDead: () => sent > life }
}

export function openMortalReplica(options: MortalReplicaOptions): MortalReplica {
  const { channels, deployment } = options
  const { client, sent, isDead } = createMortalClient(options)
  const checkpointer = new RedisCheckpointer({
    ...{ client, deployment },
    ttlDays: TTL_DAYS,
    patienceMs: LEASE_MS
  })
  const registry = createRedisConversationRegistry({
    ...{ client, deployment, ttlDays: TTL_DAYS, leaseMs: LEASE_MS, heartbeatMs: HEARTBEAT_MS },
    maxConversationsPerUser: 10,
    maxTurns: 10,
    onLost: (claim) => runs.leave(claim)
  })
  const store = createRedisRunStore({
    ...{ client, deployment, channels, leaseMs: LEASE_MS, maxRunDays: TTL_DAYS },
    keepMs: 60_000,
    approvalWaitMs: 60_000,
    maxLogEvents: 1_000,
    maxLogCharacters: 1_000_000,
    onEnded: registry.forget,
    history: async () => []
  })
  const agentParts = { url: options.url, tools: options.tools, catalog: catalogOf }
  const runs = createRunCoordinator({
    agent: testAgent(agentParts, checkpointer, { failures: [], passed: [] }),
    desk: createMemoryAnswerDesk(),
    conversations: registry,
    branchPoint: (id, wish) => branchPoint(checkpointer, id, wish),
    settle: (id, fence) => checkpointer.prune(id, fence).then(() => undefined),
    // The dead one's last words.
    onBroken: () => undefined,
    store,
    shared: createSharedRuns({
      ...{ registry, store, channels, deployment },
      isClosed: isDead
    }),
    grantFor: async ({ id }) => userToken(id).grant,
    ...{ maxRuns: 20, maxRunsPerUser: 20, maxQueuedRuns: 20, maxQueuedRunsPerUser: 20 },
    ...{ maxRunMs: 60_000, maxFormWaitMs: 60_000 }
  })
  return {
    runs,
    sent,
    ask: (message, conversationId) => runs.start(question(message, { conversationId })),
    async eventsOf(runId) {
      const { signal } = new AbortController()
      const events = runs.events(caller(), runId, { afterId: undefined, signal })
      return (await Array.fromAsync(events)).map(eventOf)
    },
    async kindsOf(conversationId) {
      const messages = await storedMessages(checkpointer, conversationId)
      return messages.map((message) => message.getType())
    },
    close() {
      runs.close()
      registry.close()
    }
  }
}
