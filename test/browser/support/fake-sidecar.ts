import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import type { ErrorBody } from '../../../src/errors.ts'
import type { ChatOptions, RunView } from '../../../src/web/api.ts'
import { type FakeConversations, serveConversations } from './fake-conversations.ts'

const DIST = fileURLToPath(new URL('../../../src/web/dist/', import.meta.url))
const PAGE_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml'
}

/** One step of a scripted run: an event, a wait, or a connection cut that leaves the run going. */
export type Step =
  | AgentEvent
  | { readonly waitMs: number }
  | { readonly cut: true }
  | { readonly hold: true }

/** How the next question is answered. */
export type Script = { readonly steps: readonly Step[] } | Refusal

interface Refusal {
  readonly refuse: ErrorBody['error']
  readonly status: number
}

export interface FakeSidecar {
  readonly url: string
  /** Bodies of the questions that came, without `canAnswer`, which the chat always says. */
  readonly asked: Record<string, unknown>[]
  /** `Last-Event-ID` of each reconnect; empty when there was none. */
  readonly followed: string[]
  readonly cancelled: string[]
  readonly conversations: FakeConversations
  options: ChatOptions
  script: (message: string) => Script
  /** What is known of a run; undefined: what its question was. */
  lookUp: (runId: string) => Partial<RunView> | Refusal | undefined
  close(): Promise<void>
}

interface FakeRun {
  readonly id: string
  readonly question: string
  readonly log: AgentEvent[]
  readonly steps: Step[]
  stopped: boolean
}

/** The service's HTTP surface with scripted answers, for states a real one cannot produce on demand. */
export async function startFakeSidecar(): Promise<FakeSidecar> {
  const app = Fastify({ forceCloseConnections: true })
  const runs = new Map<string, FakeRun>()
  const conversations = serveConversations(app)
  const fake: FakeSidecar = {
    conversations,
    url: '',
    asked: [],
    followed: [],
    cancelled: [],
    options: OPTIONS,
    script: () => ({ steps: [] }),
    lookUp: () => undefined,
    close: () => app.close()
  }
  serveFiles(app)
  app.get('/api/v1/chat/options', () => fake.options)
  app.post('/api/v1/chat', async (request, reply) => {
    const { canAnswer: _, ...body } = request.body as Record<string, unknown>
    fake.asked.push(body)
    const script = fake.script(String(body.message))
    if ('refuse' in script) return reply.code(script.status).send({ error: script.refuse })
    const run: FakeRun = {
      id: `run-${runs.size + 1}`,
      question: String(body.message),
      log: [],
      steps: [...script.steps],
      stopped: false
    }
    runs.set(run.id, run)
    await stream(run, reply, 0)
  })
  app.get<{ Params: { id: string } }>('/api/v1/runs/:id/events', async (request, reply) => {
    const run = runs.get(request.params.id)
    if (!run) return reply.code(404).send({ error: UNKNOWN_RUN })
    const after = String(request.headers['last-event-id'] ?? '')
    fake.followed.push(after)
    await stream(run, reply, Number(after))
  })
  app.get<{ Params: { id: string } }>('/api/v1/runs/:id', (request, reply) => {
    const looked = fake.lookUp(request.params.id)
    if (looked && 'refuse' in looked) {
      return reply.code(looked.status).send({ error: looked.refuse })
    }
    if (looked) return looked
    const run = runs.get(request.params.id)
    return run
      ? { id: run.id, question: run.question }
      : reply.code(404).send({ error: UNKNOWN_RUN })
  })
  app.post<{ Params: { id: string } }>('/api/v1/runs/:id/cancel', (request) => {
    fake.cancelled.push(request.params.id)
    const run = runs.get(request.params.id)
    if (run) run.stopped = true
    return { id: request.params.id, state: 'stopped' }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return Object.assign(fake, { url })
}

function serveFiles(app: FastifyInstance): void {
  const send = async (reply: FastifyReply, name: string): Promise<FastifyReply> => {
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    return reply
      .header('Content-Type', type)
      .header('Content-Security-Policy', PAGE_CSP)
      .send(await readFile(DIST + name))
  }
  app.get('/', (_request, reply) => send(reply, 'index.html'))
  app.get<{ Params: { name: string } }>('/chat/:name', (request, reply) => {
    return send(reply, request.params.name)
  })
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const POLL_MS = 20

async function stream(run: FakeRun, reply: FastifyReply, after: number): Promise<void> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Run-Id': run.id })
  raw.flushHeaders()
  const write = (event: AgentEvent, id: number): void => {
    raw.write(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  run.log.slice(after).forEach((event, index) => {
    write(event, after + index + 1)
  })
  while (!raw.destroyed) {
    const next = await nextStep(run, () => raw.destroyed)
    if (next === 'cut') {
      raw.destroy()
      return
    }
    if (!next) {
      raw.end()
      return
    }
    run.log.push(next)
    write(next, run.log.length)
  }
}

async function nextStep(
  run: FakeRun,
  isOver: () => boolean
): Promise<AgentEvent | 'cut' | undefined> {
  while (!isOver()) {
    applyStop(run)
    const step = takeStep(run)
    if (!step) return undefined
    if ('type' in step) return step
    // What was written before a cut gets the time to leave.
    await sleep('waitMs' in step ? step.waitMs : POLL_MS)
    if ('cut' in step) return 'cut'
  }
  return undefined
}

/** A hold is never taken off: only a stop ends it. */
function takeStep(run: FakeRun): Step | undefined {
  const step = run.steps[0]
  return step && 'hold' in step ? step : run.steps.shift()
}

function applyStop(run: FakeRun): void {
  if (!run.stopped) return
  run.stopped = false
  run.steps.splice(0, run.steps.length, ...stoppedSteps(run.id))
}

function stoppedSteps(runId: string): AgentEvent[] {
  return [
    { type: 'CUSTOM', name: 'stopped', value: { runId } },
    { type: 'CUSTOM', name: 'footer', value: { ...EMPTY_FOOTER, incomplete: true } },
    { type: 'RUN_FINISHED', threadId: 'conversation-1', runId }
  ]
}

export const EMPTY_FOOTER = {
  evidence: [],
  gaps: [],
  usage: { modelCalls: 1, toolCalls: 0, inputTokens: 812, outputTokens: 64, durationMs: 1_240 },
  incomplete: false
} as const

const UNKNOWN_RUN = {
  code: 'RUN_NOT_FOUND',
  message: 'There is no such run.',
  retryable: false
} as const

const OPTIONS: ChatOptions = {
  version: '0.1.0',
  environment: 'LAB',
  identity: { username: 'lab' },
  models: [
    {
      id: 'm1',
      name: 'Lab model',
      provider: 'openai',
      isDefault: true,
      isLab: true,
      status: 'Healthy'
    },
    {
      id: 'm2',
      name: 'GPT in Azure',
      provider: 'azure-openai',
      isDefault: false,
      isLab: false,
      status: 'Maintenance'
    }
  ],
  mcpServers: [
    { id: 's1', name: 'Observability', status: 'Healthy' },
    { id: 's2', name: 'Ticketing', status: 'Failed' }
  ]
}
