import { type Cell, createCell } from './cell.ts'
import { toFailure } from './chat-error.ts'
import {
  type ConversationApi,
  type ConversationPage,
  type ConversationSummary,
  MAX_PAGE,
  PAGE
} from './conversation-api.ts'
import type { Failure } from './message.ts'

/** A person still types when the next letter comes sooner. */
export const SEARCH_DELAY_MS = 250
/** While a run is under way, the list is read again this often… */
export const RUNNING_POLL_MS = 5_000
/** …but not longer than a run can take: about 17 minutes. */
export const MAX_POLLS = 200
/** Of a question, until the service has given the title. */
const MAX_PROVISIONAL_TITLE_CHARS = 80

export interface ListView {
  readonly items: readonly ConversationSummary[]
  readonly nextCursor: string | undefined
  readonly search: string
  /** `loading` until the first answer for this search. */
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly failure: Failure | undefined
  readonly isLoadingMore: boolean
}

export interface ConversationList {
  readonly view: Cell<ListView>
  /** Reads the list again, as much of it as is shown. A second call takes the first one's place. */
  refresh(): Promise<void>
  /** Looks for titles, once the person pauses typing. */
  search(text: string): void
  /** Adds the next page. */
  more(): Promise<void>
  put(summary: ConversationSummary): void
  drop(id: string): void
  /** A question was accepted: its conversation is the newest now. */
  noteRun(run: { readonly id: string; readonly runId: string; readonly question: string }): void
  noteEnd(id: string): void
  close(): void
}

interface ListState {
  readonly api: Pick<ConversationApi, 'list'>
  readonly view: Cell<ListView>
  /** Replaced by each reading, so that a late answer never takes a newer one's place. */
  reading: AbortController
  timer: ReturnType<typeof setTimeout> | undefined
  polls: number
}

export function createConversationList(api: Pick<ConversationApi, 'list'>): ConversationList {
  const state: ListState = {
    api,
    view: createCell(EMPTY),
    reading: new AbortController(),
    timer: undefined,
    polls: 0
  }
  const { view } = state
  const edit = (change: (items: readonly ConversationSummary[]) => ConversationSummary[]) =>
    view.update((now) => ({ ...now, items: change(now.items) }))
  return {
    view,
    refresh: () => refresh(state),
    search: (text) => search(state, text),
    more: () => more(state),
    put: (summary) =>
      edit((items) => items.map((item) => (item.id === summary.id ? summary : item))),
    drop: (id) => edit((items) => items.filter((item) => item.id !== id)),
    noteRun(run) {
      const { items: before, search: words, failure } = view.get()
      const known = before.find(({ id }) => id === run.id)
      // It may not match what is searched for; and a service without a list could not open it.
      if (!known && (words !== '' || failure?.code === 'NOT_FOUND')) return
      edit((items) => [started(known, run), ...items.filter(({ id }) => id !== run.id)])
    },
    noteEnd(id) {
      if (!view.get().items.some((item) => item.id === id && item.runId)) return
      edit((items) => items.map((item) => (item.id === id ? withoutRun(item) : item)))
      void refresh(state)
    },
    close() {
      clearTimeout(state.timer)
      state.reading.abort()
    }
  }
}

const EMPTY: ListView = {
  items: [],
  nextCursor: undefined,
  search: '',
  phase: 'loading',
  failure: undefined,
  isLoadingMore: false
}

function patch(state: ListState, changes: Partial<ListView>): void {
  state.view.update((view) => ({ ...view, ...changes }))
}

function takeTurn(state: ListState): AbortSignal {
  clearTimeout(state.timer)
  state.reading.abort()
  state.reading = new AbortController()
  return state.reading.signal
}

async function refresh(state: ListState): Promise<void> {
  const signal = takeTurn(state)
  const { items, search } = state.view.get()
  const limit = Math.min(MAX_PAGE, Math.max(PAGE, items.length))
  patch(state, { isLoadingMore: false })
  try {
    const page = await state.api.list({ limit, search }, signal)
    if (signal.aborted) return
    patch(state, { ...merged(state.view.get(), page), phase: 'ready', failure: undefined })
    poll(state)
  } catch (error) {
    if (!signal.aborted) patch(state, { phase: 'failed', failure: toFailure(error) })
  }
}

/** What was paged to beyond the longest page stays below the fresh one. */
function merged(view: ListView, page: ConversationPage): Pick<ListView, 'items' | 'nextCursor'> {
  if (view.items.length <= MAX_PAGE || page.nextCursor === undefined) {
    return { items: page.conversations, nextCursor: page.nextCursor }
  }
  return {
    items: joined(page.conversations, view.items.slice(MAX_PAGE)),
    nextCursor: view.nextCursor
  }
}

function joined(
  first: readonly ConversationSummary[],
  second: readonly ConversationSummary[]
): ConversationSummary[] {
  const ids = new Set(first.map(({ id }) => id))
  return [...first, ...second.filter(({ id }) => !ids.has(id))]
}

function poll(state: ListState): void {
  const isRunning = state.view.get().items.some(({ runId }) => runId !== undefined)
  state.polls = isRunning ? state.polls + 1 : 0
  if (!isRunning || state.polls > MAX_POLLS) return
  state.timer = setTimeout(() => void refresh(state), RUNNING_POLL_MS)
}

function search(state: ListState, text: string): void {
  takeTurn(state)
  // Of another search there is nothing to keep.
  patch(state, { search: text, phase: 'loading', isLoadingMore: false })
  state.timer = setTimeout(() => {
    patch(state, { items: [], nextCursor: undefined })
    void refresh(state)
  }, SEARCH_DELAY_MS)
}

async function more(state: ListState): Promise<void> {
  const { nextCursor: cursor, search, isLoadingMore } = state.view.get()
  if (cursor === undefined || isLoadingMore) return
  const signal = takeTurn(state)
  patch(state, { isLoadingMore: true })
  try {
    const page = await state.api.list({ limit: PAGE, cursor, search }, signal)
    if (signal.aborted) return
    const items = joined(state.view.get().items, page.conversations)
    patch(state, { items, nextCursor: page.nextCursor, isLoadingMore: false, failure: undefined })
    poll(state)
  } catch (error) {
    if (signal.aborted) return
    patch(state, { isLoadingMore: false, phase: 'failed', failure: toFailure(error) })
  }
}

function started(
  known: ConversationSummary | undefined,
  run: { readonly id: string; readonly runId: string; readonly question: string }
): ConversationSummary {
  const now = new Date().toISOString()
  const title = run.question.slice(0, MAX_PROVISIONAL_TITLE_CHARS)
  const before = known ?? { id: run.id, title, createdAt: now }
  return { ...before, updatedAt: now, runId: run.runId }
}

function withoutRun({ runId: _, ...rest }: ConversationSummary): ConversationSummary {
  return rest
}
