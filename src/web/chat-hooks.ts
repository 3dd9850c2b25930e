import {
  createContext,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState
} from 'react'
import type { Chat } from './chat.ts'

export const ChatContext = createContext<Chat | undefined>(undefined)

export function useChat(): Chat {
  const chat = useContext(ChatContext)
  if (!chat) throw new Error('No chat around this component')
  return chat
}

/** Seconds since `active` became true. */
export function useSeconds(active: boolean): number {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    setSeconds(0)
    if (!active) return
    const timer = setInterval(() => setSeconds((now) => now + 1), 1_000)
    return () => clearInterval(timer)
  }, [active])
  return seconds
}

/** Closer to the end than this counts as being there. */
const NEAR_END_PX = 48

interface PinnedScroll {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  /** False once the person has scrolled up to read. */
  readonly isPinned: boolean
  readonly scrollToEnd: () => void
}

/** Keeps the end of a growing log in sight until the person scrolls away from it; an empty one shows its top. */
export function usePinnedScroll(hasMessages: boolean): PinnedScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const pinned = useRef(true)
  const [isPinned, setPinned] = useState(true)

  const pin = useCallback((value: boolean): void => {
    pinned.current = value
    setPinned(value)
  }, [])
  const scrollToEnd = useCallback((): void => {
    pin(true)
    const box = scroller.current
    if (box) box.scrollTop = hasMessages ? box.scrollHeight : 0
  }, [pin, hasMessages])

  useEffect(() => {
    const [box, inner] = [scroller.current, content.current]
    if (!box || !inner || !hasMessages) return
    let height = box.scrollHeight
    const isNearEnd = (): boolean =>
      box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX
    const onScroll = (): void => {
      // Growth moves the end away without anybody scrolling.
      if (box.scrollHeight === height) pin(isNearEnd())
    }
    // What a click unfolds stays under the pointer.
    const onClick = (): void => {
      pinned.current = false
    }
    const observer = new ResizeObserver(() => {
      height = box.scrollHeight
      if (pinned.current) box.scrollTop = box.scrollHeight
      else pin(isNearEnd())
    })
    observer.observe(inner)
    observer.observe(box)
    box.addEventListener('scroll', onScroll, { passive: true })
    box.addEventListener('click', onClick)
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', onScroll)
      box.removeEventListener('click', onClick)
    }
  }, [pin, hasMessages])

  return { scroller, content, isPinned, scrollToEnd }
}
