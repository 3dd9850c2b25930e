import type { PageContext } from '../runs/run.ts'
import type { ChatOptions } from './api.ts'
import type { KeptChoice } from './conversation-api.ts'
import type { Failure } from './message.ts'

/** Everything the page shows besides messages and the draft. */
export interface ChatView {
  /** Undefined until the service has answered once. */
  readonly options: ChatOptions | undefined
  /** Why the service could not be asked. */
  readonly failure: Failure | undefined
  readonly loading: boolean
  /** How long it is until the service is asked again; undefined when only a person does it. */
  readonly nextLoadMs: number | undefined
  /** The draft is sent as soon as the service is there and the conversation is back. */
  readonly waitsToSend: boolean
  readonly conversationId: string | undefined
  /** The question whose branch is shown, as the service calls it; undefined: the branch that was asked last. */
  readonly at: string | undefined
  /** The version that a person has just turned to, forwards or back; undefined once they ask. */
  readonly switched: { readonly to: string; readonly by: 1 | -1 } | undefined
  /** The question that is being changed. */
  readonly editing: string | undefined
  /** The conversation's messages are on their way. */
  readonly isReading: boolean
  /** Why they could not be read. */
  readonly readFailure: Failure | undefined
  /** What could not be done with a conversation of the list. */
  readonly listNotice: string | undefined
  /** The answer being written in this conversation. */
  readonly openAnswerId: string | undefined
  /** A run of this conversation that another tab or client started. */
  readonly busyRunId: string | undefined
  /** The object page the person came from; goes with the next question. */
  readonly about: PageContext | undefined
  /** What the conversation has of earlier choices. */
  readonly kept: KeptChoice
  /** Picked here for the next question; undefined: as the conversation has it. */
  readonly model: string | undefined
  /** Null: those of the model again. */
  readonly servers: readonly string[] | null | undefined
  /** Said to screen readers, once. */
  readonly announcement: string
}

export function initialView(about: PageContext | undefined): ChatView {
  return {
    options: undefined,
    failure: undefined,
    loading: true,
    nextLoadMs: undefined,
    waitsToSend: false,
    conversationId: undefined,
    at: undefined,
    switched: undefined,
    editing: undefined,
    isReading: false,
    readFailure: undefined,
    listNotice: undefined,
    openAnswerId: undefined,
    busyRunId: undefined,
    about,
    kept: {},
    model: undefined,
    servers: undefined,
    announcement: ''
  }
}

const ABOUT = /^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*):([0-9a-f-]{36})$/i

/** Reads the `about` attribute, `dcim.device:<uuid>`; anything else is no context at all. */
export function parseAbout(value: string | null): PageContext | undefined {
  const match = ABOUT.exec(value ?? '')
  return match?.[1] && match[2] ? { objectType: match[1], id: match[2] } : undefined
}
