import { toFailure } from '../chat-error.ts'
import { button, type Child, make, quiet } from './dom.ts'
import type { Operations } from './operations.ts'

/** What a panel needs of its page. */
export interface PanelContext {
  readonly operations: Operations
  /** Of the object in Nautobot. */
  readonly objectId: string
  /** Whether to offer what needs the right; the service decides. */
  readonly mayOperate: boolean
  readonly signInUrl: string
  /** Aborts when the panel leaves the page. */
  readonly signal: AbortSignal
}

interface Reading<T> {
  /** While there is nothing to show yet. */
  readonly waiting: string
  readonly read: () => Promise<T>
  readonly show: (value: T) => readonly Child[]
}

/** A part of a panel that shows what the service answers, or why it does not. */
export interface Part<T> {
  readonly box: HTMLElement
  /** Reads again. Answers what is shown; undefined when it could not be read. */
  load(): Promise<T | undefined>
  show(value: T): void
}

export function createPart<T>(context: PanelContext, reading: Reading<T>): Part<T> {
  const box = make('div', { class: 'mb-16', tabindex: '-1' })
  /** What is asked later shows later, whichever answer comes first. */
  let latest = 0

  function show(value: T): void {
    latest += 1
    box.replaceChildren(...reading.show(value))
  }

  async function load(): Promise<T | undefined> {
    latest += 1
    const mine = latest
    const isStale = () => context.signal.aborted || mine !== latest
    box.setAttribute('aria-busy', 'true')
    if (!box.hasChildNodes()) box.append(quiet(reading.waiting))
    try {
      const value = await reading.read()
      if (!isStale()) show(value)
      return value
    } catch (error) {
      if (!isStale()) box.replaceChildren(failureBox(error, again))
      return undefined
    } finally {
      box.removeAttribute('aria-busy')
    }
  }

  const again = (code: string): Child =>
    needsSignIn(code)
      ? make('a', { href: context.signInUrl, class: 'btn btn-secondary' }, 'Sign in again')
      : button('Try again', 'mdi-refresh', () => {
          // The button goes, and with it the place in the page of who does not see it.
          box.focus()
          box.replaceChildren()
          void load()
        })

  return { box, load, show }
}

function failureBox(error: unknown, again: (code: string) => Child): HTMLElement {
  const { code, message } = toFailure(error)
  return make(
    'div',
    { role: 'alert' },
    make('p', { class: 'text-break' }, `${message} ${nextStep(code)}`.trimEnd()),
    again(code)
  )
}

/** Something that a person may have done, by a button that says what. */
export interface Action {
  readonly label: string
  /** A class of Nautobot's icons. */
  readonly icon: string
  /** While it goes on. */
  readonly doing: string
  /** Does it, and says what came of it. */
  readonly perform: () => Promise<string>
}

/** Buttons, one at work at a time, and a line that tells what came of the last one. */
export function createActions(context: PanelContext, actions: readonly Action[]): HTMLElement {
  const outcome = make('p', { role: 'status', class: 'mb-0 text-break' })
  const buttons = actions.map((action) =>
    button(action.label, action.icon, () => void perform(action))
  )
  const setBusy = (busy: boolean) => {
    for (const each of buttons) each.setAttribute('aria-disabled', String(busy))
  }

  async function perform({ doing, perform: work }: Action): Promise<void> {
    setBusy(true)
    outcome.textContent = doing
    try {
      outcome.textContent = await work()
    } catch (error) {
      if (context.signal.aborted) return
      const { code, message } = toFailure(error)
      outcome.textContent = `${message} ${nextStep(code)}`.trimEnd()
    } finally {
      setBusy(false)
    }
  }

  const row = make('div', { class: 'd-flex flex-wrap gap-8 mb-8' }, ...buttons)
  return make('div', { class: 'mb-16' }, row, outcome)
}

const needsSignIn = (code: string) => code === 'SIGN_IN' || code === 'UNAUTHENTICATED'

/** For what the service's own sentence does not already say. */
function nextStep(code: string): string {
  if (needsSignIn(code)) return 'Sign in to Nautobot again.'
  if (code === 'OFFLINE') return 'Check the network connection.'
  if (code === 'SERVICE_UNREACHABLE' || code === 'SERVICE_SLOW' || code === 'BAD_ANSWER') {
    return 'If it stays so, look whether the service of AI Ops runs, and at its address in PLUGINS_CONFIG.'
  }
  return ''
}
