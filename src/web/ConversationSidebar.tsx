import { type KeyboardEvent, useEffect } from 'react'
import { ConversationItems } from './ConversationItems.tsx'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { MAX_SEARCH_CHARS } from './conversation-api.ts'
import type { ConversationList } from './conversation-list.ts'
import { CrossIcon, PanelIcon, PlusIcon, SearchIcon } from './icons.tsx'
import type { Sidebar } from './sidebar-hooks.ts'

interface ConversationSidebarProps {
  readonly list: ConversationList
  readonly sidebar: Sidebar
}

/** The person's conversations: a column beside the log, or a drawer over it. */
export function ConversationSidebar({ list, sidebar }: ConversationSidebarProps) {
  const { panel, isDrawer, isOpen, hide } = sidebar
  useFreshList(list)

  const leave = (): void => {
    if (isDrawer) hide()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // Closes what is open here, and does not also stop the running answer.
    const inside = event.target instanceof Element && event.target.closest('[popover],dialog,input')
    if (event.key === 'Escape' && inside) event.stopPropagation()
  }
  return (
    <nav
      ref={panel}
      className={isDrawer ? 'sidebar drawer' : 'sidebar'}
      popover={isDrawer ? 'auto' : undefined}
      hidden={!isDrawer && !isOpen}
      aria-label="Conversations"
      onKeyDown={onKeyDown}
    >
      <div className="sidebar-head">
        <button
          type="button"
          className="icon-button"
          title="Hide conversations"
          aria-label="Hide conversations"
          onClick={hide}
        >
          <PanelIcon />
        </button>
        <span className="sidebar-title">Conversations</span>
      </div>
      <NewConversation leave={leave} />
      <Search list={list} />
      <ListNotice />
      <ConversationItems list={list} leave={leave} />
    </nav>
  )
}

/** Another window may have asked, renamed or deleted meanwhile. */
function useFreshList(list: ConversationList): void {
  const chat = useChat()
  useEffect(() => {
    const onVisible = (): void => {
      if (document.visibilityState === 'visible' && chat.view.get().options) void list.refresh()
    }
    document.addEventListener('visibilitychange', onVisible)
    return () => document.removeEventListener('visibilitychange', onVisible)
  }, [chat, list])
}

function NewConversation({ leave }: { readonly leave: () => void }) {
  const chat = useChat()
  return (
    <button
      type="button"
      className="new-conversation"
      onClick={(event) => {
        leave()
        chat.newConversation()
        focusQuestion(event.currentTarget)
      }}
    >
      <PlusIcon /> New conversation
    </button>
  )
}

/** The next thing a person does is typing. */
export function focusQuestion(inside: Element): void {
  const root = inside.getRootNode()
  if (root instanceof ShadowRoot || root instanceof Document)
    root.querySelector<HTMLElement>('.composer textarea')?.focus()
}

function Search({ list }: { readonly list: ConversationList }) {
  const { search } = useCell(list.view)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || search === '') return
    event.preventDefault()
    list.search('')
  }
  return (
    <div className="search">
      <SearchIcon />
      <input
        type="search"
        aria-label="Search conversations"
        placeholder="Search"
        maxLength={MAX_SEARCH_CHARS}
        autoComplete="off"
        spellCheck={false}
        value={search}
        onChange={(event) => list.search(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {search !== '' && (
        <button
          type="button"
          className="icon-button"
          title="Clear the search"
          aria-label="Clear the search"
          onClick={() => list.search('')}
        >
          <CrossIcon />
        </button>
      )}
    </div>
  )
}

function ListNotice() {
  const chat = useChat()
  const { listNotice } = useCell(chat.view)
  if (!listNotice) return null
  return (
    <div className="list-notice">
      <span>{listNotice}</span>
      <button
        type="button"
        className="icon-button"
        title="Dismiss"
        aria-label="Dismiss"
        onClick={chat.dismissListNotice}
      >
        <CrossIcon />
      </button>
    </div>
  )
}
