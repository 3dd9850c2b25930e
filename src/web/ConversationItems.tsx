import { useState } from 'react'
import { ConversationItem } from './ConversationItem.tsx'
import { useCell } from './cell.ts'
import { nextStep } from './chat-error.ts'
import { useChat } from './chat-hooks.ts'
import type { ConversationSummary } from './conversation-api.ts'
import type { ConversationList, ListView } from './conversation-list.ts'
import { groupByDay } from './conversation-words.ts'
import { RetryIcon } from './icons.tsx'
import { Late } from './Late.tsx'

const loadDeleteDialog = () => import('./DeleteDialog.tsx')

interface ConversationItemsProps {
  readonly list: ConversationList
  /** Closes a drawer. */
  readonly leave: () => void
}

export function ConversationItems({ list, leave }: ConversationItemsProps) {
  const view = useCell(list.view)
  const [doomed, setDoomed] = useState<ConversationSummary>()
  return (
    <div className="conversations" aria-busy={view.phase === 'loading'}>
      {groupByDay(view.items, new Date()).map(({ name, items }) => (
        <section key={name}>
          <div className="day" aria-hidden="true">
            {name}
          </div>
          <ul aria-label={name}>
            {items.map((conversation) => (
              <ConversationItem
                key={conversation.id}
                conversation={conversation}
                leave={leave}
                askDelete={() => setDoomed(conversation)}
              />
            ))}
          </ul>
        </section>
      ))}
      <ListEnd list={list} view={view} />
      {doomed && (
        <Late load={loadDeleteDialog}>
          {({ DeleteDialog }) => (
            <DeleteDialog conversation={doomed} close={() => setDoomed(undefined)} />
          )}
        </Late>
      )}
    </div>
  )
}

function ListEnd({ list, view }: { readonly list: ConversationList; readonly view: ListView }) {
  const { phase, items, nextCursor, isLoadingMore } = view
  if (phase === 'failed') return <ListFailure list={list} view={view} />
  if (phase === 'loading') return items.length === 0 ? <Skeleton /> : null
  if (items.length === 0) return <NoConversations search={view.search} />
  if (nextCursor === undefined) return null
  return (
    <button
      type="button"
      className="quiet more"
      disabled={isLoadingMore}
      onClick={() => void list.more()}
    >
      {isLoadingMore ? 'Loading…' : 'Show more'}
    </button>
  )
}

function NoConversations({ search }: { readonly search: string }) {
  if (search !== '') return <p className="list-words">No conversation is called “{search}”.</p>
  return <p className="list-words">Your conversations will be kept here.</p>
}

function ListFailure({ list, view }: { readonly list: ConversationList; readonly view: ListView }) {
  const { failure } = view
  // An older service: asking again would change nothing.
  if (failure?.code === 'NOT_FOUND') {
    return (
      <p className="list-words">
        This service does not list conversations yet. The chat works without.
      </p>
    )
  }
  return (
    <div className="list-words">
      <p>Your conversations cannot be shown. {failure?.message}</p>
      {failure && <p>{nextStep(failure)}</p>}
      <button type="button" className="quiet" onClick={() => void list.refresh()}>
        <RetryIcon /> Try again
      </button>
    </div>
  )
}

/** Nothing moves here while the service is away: the log says so. */
function Skeleton() {
  const { options } = useCell(useChat().view)
  if (!options) return <p className="list-words">Shown as soon as the service answers.</p>
  return (
    <div className="skeleton" role="status" aria-label="Loading conversations">
      <span />
      <span />
      <span />
    </div>
  )
}
