import type { HumanMessage } from '@langchain/core/messages'
import type { BranchWish } from '../conversations/conversation-tree.ts'
import { questionMessage } from '../conversations/messages.ts'
import type { ToolSet } from '../tool-server.ts'
import type { AgentEvent, ApprovalAction } from './agent-events.ts'
import { type AgentStream, createAgentStream } from './agent-stream.ts'
import { type EarlierAttempts, readEarlier } from './earlier-attempts.ts'
import type { ElicitationDesk } from './elicitations.ts'
import type { RunDeadline } from './run-deadline.ts'
import type { TurnPlan } from './turn-plan.ts'

/** The reason of an abort that a person asked for. Every other reason is this, the next, or an AppError. */
export const STOPPED = Symbol('stopped')
/** The reason of an abort when somebody else goes on with the run: nothing more is said or kept here. */
export const LEFT = Symbol('left')

/** One question to answer. */
export interface Turn {
  readonly runId: string
  readonly conversationId: string
  readonly username: string
  /** Number of the claim under which checkpoints are written; undefined in memory. */
  readonly fence: string | undefined
  /** 1, and one more each time another replica goes on. */
  readonly attempt: number
  /** Events of the attempts before; none in the first. */
  readonly earlier: readonly AgentEvent[]
  readonly question: string
  /** `app.model:id` of the page the question was asked from. */
  readonly page: string | undefined
  /** Where it is asked, if not behind what was said last. */
  readonly branch: BranchWish
  readonly plan: () => Promise<TurnPlan>
  /** Notes that a call with effects begins; false when an earlier attempt began it. */
  readonly beginCall: (callId: string) => Promise<boolean>
  /** Where the asker answers tool servers; absent when they cannot. */
  readonly desk?: ElicitationDesk | undefined
  /** Whoever runs it ends it then. */
  readonly deadline: RunDeadline
  readonly correlationId: string
}

/** What has come of a run so far; needed when it is cut short. */
export interface Progress {
  readonly startedAtMs: number
  readonly earlier: EarlierAttempts
  stream: AgentStream
  /** What it waits for a person to approve, when it does. */
  awaited: readonly ApprovalAction[] | undefined
  /** Text that was shown and that no checkpoint has. */
  openText: () => { readonly messageId: string; readonly text: string } | undefined
  plan: TurnPlan | undefined
  tools: ToolSet | undefined
  /** Undefined until it was looked for. */
  place: TurnPlace | undefined
}

/** Where a turn goes on. */
export interface TurnPlace {
  /** The question is in a checkpoint: the head is the turn's own. */
  isAsked: boolean
  /** What is stored is no whole answer: with no step left to do, an earlier attempt was cut short. */
  readonly isCut: boolean
  /** The checkpoint where it begins as long as it is not; undefined: at the head. */
  readonly from: string | undefined
}

export function startProgress(turn: Turn, now: () => number): Progress {
  const startedAtMs = now()
  const earlier = readEarlier(turn.earlier)
  return {
    startedAtMs,
    earlier,
    stream: createAgentStream({
      ...{ unavailable: [], startedAtMs, now },
      earlier: [...earlier.notes.values()],
      modelCalls: earlier.modelCalls
    }),
    openText: () => earlier.openText,
    awaited: undefined,
    plan: undefined,
    tools: undefined,
    place: undefined
  }
}

export interface Working {
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** The question as the model reads it. */
export function messageOf({ runId, question, username, page, branch }: Turn): HumanMessage {
  const date = new Date().toISOString().slice(0, 10)
  const beginsBranch = branch.replaces !== undefined || branch.after !== undefined
  return questionMessage(runId, question, { date, username, page, beginsBranch })
}

/** Where LangGraph reads and writes, and under which claim. */
export function threadOf({ runId, conversationId, fence }: Turn, place?: TurnPlace) {
  const from = place?.isAsked ? undefined : place?.from
  return {
    configurable: {
      thread_id: conversationId,
      turn: runId,
      ...(fence !== undefined && { fence }),
      ...(from !== undefined && { checkpoint_id: from })
    }
  }
}
