import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { createKeptChoice } from './kept-choice.ts'

/** A chat narrower than this shows its conversations in a drawer. */
export const DRAWER_BELOW_PX = 800
const IS_OPEN = createKeptChoice('ai-ops-chat:sidebar-open', true)

export interface Sidebar {
  readonly frame: RefObject<HTMLDivElement | null>
  /** The list itself: a column beside the log, or a popover over it. */
  readonly panel: RefObject<HTMLElement | null>
  readonly isDrawer: boolean
  /** Of the column, remembered; a drawer is closed by itself. */
  readonly isOpen: boolean
  readonly show: () => void
  readonly hide: () => void
}

export function useSidebar(): Sidebar {
  const frame = useRef<HTMLDivElement>(null)
  const panel = useRef<HTMLElement>(null)
  const isDrawer = useNarrow(frame)
  const [isOpen, setOpen] = useState(IS_OPEN.get)

  const keep = useCallback((value: boolean): void => {
    IS_OPEN.keep(value)
    setOpen(value)
    // The button that was used is gone with the next drawing: its counterpart takes the focus.
    const label = value ? 'Hide conversations' : 'Show conversations'
    requestAnimationFrame(() => {
      frame.current?.querySelector<HTMLElement>(`[aria-label="${label}"]`)?.focus()
    })
  }, [])
  const show = useCallback((): void => {
    if (!isDrawer) {
      keep(true)
      return
    }
    place(panel.current, frame.current)
    panel.current?.showPopover()
  }, [isDrawer, keep])
  const hide = useCallback((): void => {
    if (isDrawer) panel.current?.hidePopover()
    else keep(false)
  }, [isDrawer, keep])
  return { frame, panel, isDrawer, isOpen, show, hide }
}

/** A popover lies over the whole window: it is laid over the chat. */
function place(panel: HTMLElement | null, frame: HTMLElement | null): void {
  if (!panel || !frame) return
  const { left, top, height } = frame.getBoundingClientRect()
  panel.style.left = `${Math.max(0, left)}px`
  panel.style.top = `${Math.max(0, top)}px`
  panel.style.height = `${Math.min(height, innerHeight - Math.max(0, top))}px`
}

function useNarrow(frame: RefObject<HTMLElement | null>): boolean {
  const [isNarrow, setNarrow] = useState(false)
  useEffect(() => {
    const box = frame.current
    if (!box) return
    const observer = new ResizeObserver(() => {
      // A page that hides the chat gives it no width.
      if (box.clientWidth > 0) setNarrow(box.clientWidth < DRAWER_BELOW_PX)
    })
    observer.observe(box)
    return () => observer.disconnect()
  }, [frame])
  return isNarrow
}
