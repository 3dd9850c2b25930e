import type {
  ApprovalAction,
  ApprovalDecision,
  ElicitationRequest,
  Footer,
  ModelNote,
  RetryNote,
  ToolCallNote,
  ToolProgressNote
} from '../agent/agent-events.ts'
import type { PageContext } from '../runs/run.ts'
import type { ClaimMark } from './claim-marks.tsx'

/** Where a question is asked that does not go on at the end: in another's place, or behind another. */
export type Branch = { readonly replaces: string } | { readonly after: string }

/** What a person typed. */
export interface Question {
  readonly kind: 'question'
  readonly id: string
  readonly text: string
  readonly about: PageContext | undefined
  /** What the service calls it; undefined until it has accepted the question. */
  readonly messageId?: string | undefined
  readonly branch?: Branch | undefined
  /** What the service calls all questions in this place, in order of asking; undefined where there is one. */
  readonly versions?: readonly string[] | undefined
}

/** Markdown of one assistant message: finished blocks never change again, only the tail does. */
export interface TextPart {
  readonly kind: 'text'
  readonly id: string
  readonly done: readonly string[]
  readonly tail: string
  /** What of it is linked or marked as not found; known when it is whole. */
  readonly marks?: readonly ClaimMark[] | undefined
}

export interface ToolPart {
  readonly kind: 'tool'
  readonly id: string
  readonly name: string
  /** JSON as it arrives; complete once the call has ended. */
  readonly args: string
  /** `waiting`: for a person's approval. `abandoned`: the run ended before a result came. */
  readonly state: 'running' | 'waiting' | 'done' | 'failed' | 'abandoned'
  /** How far it has come, or had. */
  readonly progress?: ToolProgressNote
  readonly result: string | undefined
  readonly note: ToolCallNote | undefined
}

export type Part = TextPart | ToolPart

/** A failure as the page shows it: from the service, or from the way to it. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>> | undefined
}

/** A call that waits for a decision, or has one. */
export type Approval = ApprovalAction & Partial<ApprovalDecision>

export type AnswerPhase = 'sending' | 'running' | 'finished' | 'stopped' | 'failed'

/** What one run has said so far, folded from its events. */
export interface Answer {
  readonly kind: 'answer'
  readonly id: string
  readonly questionId: string
  /** Undefined until the service has accepted the question. */
  readonly runId: string | undefined
  readonly conversationId: string | undefined
  readonly phase: AnswerPhase
  /** A person asked to stop; the service has not confirmed yet. */
  readonly stopping: boolean
  readonly link: 'live' | 'reconnecting'
  /** In the queue, 1 is next; undefined once it is answered. */
  readonly place: number | undefined
  /** The model failed and is asked again. */
  readonly retrying: RetryNote | undefined
  readonly parts: readonly Part[]
  /** Of the newest request. */
  readonly approvals: readonly Approval[]
  /** Forms of tool servers that wait for the asker. */
  readonly elicitations: readonly ElicitationRequest[]
  readonly model: ModelNote | undefined
  /** What the model reads in place of what was said before; undefined as long as it reads that. */
  readonly summary: string | undefined
  readonly footer: Footer | undefined
  readonly failure: Failure | undefined
  /** Only the reading failed: the run itself may have gone on. */
  readonly lost: boolean
}

export type Message = Question | Answer

export function emptyAnswer(id: string, questionId: string): Answer {
  return {
    kind: 'answer',
    id,
    questionId,
    runId: undefined,
    conversationId: undefined,
    phase: 'sending',
    stopping: false,
    link: 'live',
    place: undefined,
    retrying: undefined,
    parts: [],
    approvals: [],
    elicitations: [],
    model: undefined,
    summary: undefined,
    footer: undefined,
    failure: undefined,
    lost: false
  }
}

/** What a person has not decided on. */
export function undecided({ approvals }: Answer): readonly Approval[] {
  return approvals.filter(({ decision }) => !decision)
}

/** True while more may come. */
export function isOpen(answer: Answer): boolean {
  return answer.phase === 'sending' || answer.phase === 'running'
}

/** The answer's Markdown, without its tool steps. */
export function answerText(answer: Answer): string {
  return answer.parts
    .flatMap((part) => (part.kind === 'text' ? [part.done.join('') + part.tail] : []))
    .join('\n\n')
    .trim()
}
