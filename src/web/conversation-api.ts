import { type ApiOptions, createSender, inTime, readJson } from './api.ts'
import type { ClaimMark } from './claim-marks.tsx'

/** The longest title that the service takes. */
export const MAX_TITLE_CHARS = 120
/** The longest search that the service takes. */
export const MAX_SEARCH_CHARS = 100
/** The most conversations that the service gives at once. */
export const MAX_PAGE = 100
export const PAGE = 30

export interface ConversationSummary {
  readonly id: string
  readonly title: string
  /** ISO 8601, as `updatedAt`: when the last question came. */
  readonly createdAt: string
  readonly updatedAt: string
  /** The run under way. */
  readonly runId?: string
}

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[]
  /** Undefined on the last page. */
  readonly nextCursor?: string
}

export interface ReadToolCall {
  readonly toolCallId: string
  readonly name: string
  readonly arguments: unknown
  /** Undefined when the run ended before it came. */
  readonly result?: string
  readonly isError?: boolean
}

export interface ReadMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** The run ended before the text did. */
  readonly incomplete?: boolean
  /** What of the text is linked or marked. */
  readonly claims?: { readonly marks: readonly ClaimMark[] }
  readonly toolCalls?: readonly ReadToolCall[]
  /** What the model read from here on in place of what was said before. */
  readonly summary?: string
  /** Of a question: all that were asked in its place. */
  readonly versions?: readonly string[]
}

/** What was chosen in a conversation: the default where it is undefined. */
export interface KeptChoice {
  readonly model?: { readonly id: string } | undefined
  readonly mcpServers?: readonly { readonly id: string }[] | undefined
}

export interface ReadConversation extends ConversationSummary {
  /** An older service keeps none. */
  readonly choice?: KeptChoice
  readonly messages: readonly ReadMessage[]
}

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  /** Empty for all. */
  readonly search: string
}

export type ExportFormat = 'markdown' | 'json'

/** A conversation, and which of its branches. */
export interface Place {
  readonly id: string
  readonly at: string | undefined
}

/** A person's conversations with the service. Every method throws as those of `ChatApi` do. */
export interface ConversationApi {
  /** Newest question first. */
  list(query: PageQuery, signal: AbortSignal): Promise<ConversationPage>
  /** The newest branch through the question `at`; the newest of all without it. */
  read(id: string, at: string | undefined, signal: AbortSignal): Promise<ReadConversation>
  rename(id: string, title: string, signal: AbortSignal): Promise<ConversationSummary>
  /** Stops its run first. */
  remove(id: string, signal: AbortSignal): Promise<void>
  export(place: Place, format: ExportFormat, signal: AbortSignal): Promise<Blob>
}

export function createConversationApi(options: ApiOptions): ConversationApi {
  const send = createSender(options)
  const pathOf = (id: string): string => `/conversations/${encodeURIComponent(id)}`
  return {
    list: (query, signal) =>
      readJson(send, { method: 'GET', path: `/conversations?${parameters(query)}` }, signal),
    read: (id, at, signal) =>
      readJson(send, { method: 'GET', path: pathOf(id) + atQuery('?', at) }, signal),
    rename: (id, title, signal) =>
      readJson(send, { method: 'PATCH', path: pathOf(id), body: { title } }, signal),
    async remove(id, signal) {
      await send({ method: 'DELETE', path: pathOf(id) }, inTime(signal))
    },
    async export({ id, at }, format, signal) {
      const path = `${pathOf(id)}/export?format=${format}${atQuery('&', at)}`
      return await (await send({ method: 'GET', path }, inTime(signal))).blob()
    }
  }
}

function atQuery(start: '?' | '&', at: string | undefined): string {
  return at === undefined ? '' : `${start}at=${encodeURIComponent(at)}`
}

function parameters({ limit, cursor, search }: PageQuery): string {
  const query = new URLSearchParams({ limit: String(limit) })
  if (cursor !== undefined) query.set('cursor', cursor)
  const words = search.trim().slice(0, MAX_SEARCH_CHARS)
  if (words !== '') query.set('search', words)
  return query.toString()
}
