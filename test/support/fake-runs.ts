import type { AgentEvent } from '../../src/agent/agent-events.ts'
import type { Caller } from '../../src/auth/caller.ts'
import { AppError } from '../../src/errors.ts'
import type {
  ActionDecision,
  AnswerRequest,
  LoggedEvent,
  Question,
  RunCoordinator,
  RunView
} from '../../src/runs/run.ts'

export const FAKE_RUN_ID = 'run-1'
export const FAKE_CONVERSATION_ID = 'conversation-1'

const FOOTER = {
  evidence: [{ label: '12 devices', url: 'https://nautobot.example.com/dcim/devices/' }],
  gaps: ['The list was cut at 25 of 310.'],
  usage: { modelCalls: 2, toolCalls: 1, inputTokens: 10, outputTokens: 5, durationMs: 12 },
  incomplete: false
}

export const FAKE_EVENTS: readonly AgentEvent[] = [
  { type: 'RUN_STARTED', threadId: FAKE_CONVERSATION_ID, runId: FAKE_RUN_ID },
  { type: 'TEXT_MESSAGE_START', messageId: 'm1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'There are 12 devices.' },
  { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
  { type: 'CUSTOM', name: 'footer', value: FOOTER },
  { type: 'RUN_FINISHED', threadId: FAKE_CONVERSATION_ID, runId: FAKE_RUN_ID }
]

interface FakeRunsOptions {
  readonly events?: readonly AgentEvent[]
  /** After so many events the run is silent until `finish()`. */
  readonly pauseAfter?: number
  readonly view?: Partial<RunView>
  /** Thrown by `start`. */
  readonly refusal?: Error
  /** Only this user's runs are found. */
  readonly ownerId?: string
}

export interface FakeRuns extends RunCoordinator {
  readonly questions: Question[]
  readonly cancelled: string[]
  readonly decided: ActionDecision[]
  readonly answered: Pick<AnswerRequest, 'elicitationId' | 'answer'>[]
  /** Readers that ended, for whatever reason. */
  readonly endedReaders: () => number
  finish(): void
}

/** An event as a log holds it. */
export function toLogged(id: string, event: AgentEvent): LoggedEvent {
  return { id, type: event.type, json: JSON.stringify(event) }
}

/** A coordinator with one run that has a script: what HTTP sees of the real one. */
export function createFakeRuns(options: FakeRunsOptions = {}): FakeRuns {
  const { events = FAKE_EVENTS, pauseAfter = events.length } = options
  const questions: Question[] = []
  const cancelled: string[] = []
  const decided: ActionDecision[] = []
  const answered: FakeRuns['answered'] = []
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  let ended = 0

  function check(caller: Caller, runId: string): void {
    const isOwner = options.ownerId === undefined || options.ownerId === caller.id
    if (runId !== FAKE_RUN_ID || !isOwner) throw new AppError('RUN_NOT_FOUND', 'No such run.')
  }

  async function* read(first: number, signal: AbortSignal): AsyncGenerator<LoggedEvent> {
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true })
    )
    for (const [index, event] of [...events.entries()].slice(first)) {
      if (index >= pauseAfter) await Promise.race([finished, aborted])
      if (signal.aborted) return
      yield toLogged(`1-${index + 1}`, event)
    }
  }

  return {
    ...{ questions, cancelled, decided, answered, finish },
    endedReaders: () => ended,
    async start(question) {
      if (options.refusal) throw options.refusal
      questions.push(question)
      return { runId: FAKE_RUN_ID, conversationId: FAKE_CONVERSATION_ID }
    },
    async view(caller, runId) {
      check(caller, runId)
      return { ...VIEW, ...options.view }
    },
    async *events(caller, runId, { afterId, signal }) {
      check(caller, runId)
      const first = Number(afterId?.split('-')[1] ?? 0)
      if (first > events.length) throw new AppError('INVALID_REQUEST', 'No such event.')
      try {
        yield* read(first, signal)
      } finally {
        ended += 1
      }
    },
    async cancel(caller, runId) {
      check(caller, runId)
      cancelled.push(runId)
      return { ...VIEW, state: 'stopped' }
    },
    async decide(caller, runId, { decisions }) {
      check(caller, runId)
      decided.push(...decisions)
      return { ...VIEW, ...options.view }
    },
    async answer(caller, runId, { elicitationId, answer }) {
      check(caller, runId)
      answered.push({ elicitationId, answer })
    },
    drain: async () => undefined
  }
}

const VIEW: RunView = {
  id: FAKE_RUN_ID,
  conversationId: FAKE_CONVERSATION_ID,
  state: 'succeeded',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  username: 'alice',
  model: 'GPT production',
  standIns: [],
  prompt: undefined,
  question: 'How many devices?',
  response: 'There are 12 devices.',
  steps: [
    {
      toolCallId: 'call-1',
      name: 'nautobot_count',
      server: 'nautobot',
      arguments: { model: 'dcim.device' },
      progress: undefined,
      result: '{"count":12}',
      isError: false,
      rows: undefined,
      bytes: 12,
      links: [
        {
          label: 'Devices: 12',
          url: 'https://nautobot.example.com/dcim/devices/?location=AMS01&clear_view=true'
        }
      ],
      durationMs: 4,
      modelCall: 1
    }
  ],
  approvals: [],
  elicitations: [],
  modelCalls: [],
  claims: undefined,
  footer: FOOTER,
  error: undefined
}
