import { type ReactNode, useId, useRef } from 'react'
import { useChat } from './chat-hooks.ts'
import type { ConversationSummary } from './conversation-api.ts'
import { BinIcon, ExportIcon, MoreIcon, PencilIcon } from './icons.tsx'

const MENU_WIDTH_PX = 200
const MENU_HEIGHT_PX = 160
const GAP_PX = 4

interface ConversationMenuProps {
  readonly conversation: ConversationSummary
  readonly rename: () => void
  readonly askDelete: () => void
}

/** What can be done with a conversation, in a native popover: Escape and a click beside close it. */
export function ConversationMenu({ conversation, rename, askDelete }: ConversationMenuProps) {
  const chat = useChat()
  const id = useId()
  const menu = useRef<HTMLDivElement>(null)
  const entry = (icon: ReactNode, words: string, act: () => void): ReactNode => (
    <button
      type="button"
      onClick={() => {
        menu.current?.hidePopover?.()
        act()
      }}
    >
      {icon} {words}
    </button>
  )
  return (
    <>
      <button
        type="button"
        className="icon-button conversation-more"
        title="More"
        aria-label={`More about ${conversation.title}`}
        popoverTarget={id}
        onClick={(event) => place(menu.current, event.currentTarget)}
      >
        <MoreIcon />
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        className="menu"
        onToggle={(event) => {
          if (event.newState === 'open') event.currentTarget.querySelector('button')?.focus()
        }}
      >
        {entry(<PencilIcon />, 'Rename', rename)}
        {entry(
          <ExportIcon />,
          'Export as Markdown',
          () => void chat.save(conversation, 'markdown')
        )}
        {entry(<ExportIcon />, 'Export as JSON', () => void chat.save(conversation, 'json'))}
        {entry(<BinIcon />, 'Delete…', askDelete)}
      </div>
    </>
  )
}

/** Below the button where there is room, above it elsewhere. */
function place(menu: HTMLElement | null, button: HTMLElement): void {
  if (!menu) return
  const { left, bottom, top } = button.getBoundingClientRect()
  const isBelow = bottom + MENU_HEIGHT_PX < innerHeight
  menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - MENU_WIDTH_PX - GAP_PX))}px`
  menu.style.top = isBelow ? `${bottom + GAP_PX}px` : 'auto'
  menu.style.bottom = isBelow ? 'auto' : `${Math.max(GAP_PX, innerHeight - top + GAP_PX)}px`
}
