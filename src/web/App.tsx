import { type KeyboardEvent, useEffect } from 'react'
import { Composer } from './Composer.tsx'
import { ConversationBar } from './ConversationBar.tsx'
import { ConversationSidebar } from './ConversationSidebar.tsx'
import { useCell } from './cell.ts'
import type { Chat } from './chat.ts'
import { ChatContext } from './chat-hooks.ts'
import { Log } from './Log.tsx'
import { TrustedHosts } from './ModelLink.tsx'
import { Notices } from './Notices.tsx'
import { useSidebar } from './sidebar-hooks.ts'

interface AppProps {
  readonly chat: Chat
  readonly trustedHosts: ReadonlySet<string>
}

export function App({ chat, trustedHosts }: AppProps) {
  const view = useCell(chat.view)
  const sidebar = useSidebar()
  const { list } = chat

  useEffect(() => {
    void chat.load()
  }, [chat])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented || !view.openAnswerId) return
    event.preventDefault()
    void chat.stop()
  }

  return (
    <ChatContext value={chat}>
      <TrustedHosts value={trustedHosts}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape stops wherever the focus is */}
        <div className="chat" ref={sidebar.frame} onKeyDown={onKeyDown}>
          {list && <ConversationSidebar list={list} sidebar={sidebar} />}
          <div className="main">
            {list && (sidebar.isDrawer || !sidebar.isOpen) && (
              <ConversationBar list={list} show={sidebar.show} />
            )}
            <Log />
            <Notices />
            <Composer />
          </div>
          <div className="visually-hidden" role="status">
            {view.announcement}
          </div>
        </div>
      </TrustedHosts>
    </ChatContext>
  )
}
