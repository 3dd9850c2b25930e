import { act, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

export interface Rendered extends Disposable {
  readonly container: HTMLElement
}

/** Renders into the document until disposed of. */
export function render(node: ReactNode): Rendered {
  const container = document.createElement('div')
  document.body.append(container)
  const root = createRoot(container)
  act(() => root.render(node))
  return {
    container,
    [Symbol.dispose]() {
      act(() => root.unmount())
      container.remove()
    }
  }
}

/** Lets promises and frames settle inside React's `act`. */
export async function settled(ms = 0): Promise<void> {
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms))
  })
}

/** Types as a person does: React listens to the native setter's event. */
export async function type(
  field: HTMLTextAreaElement | HTMLInputElement | null,
  text: string
): Promise<void> {
  if (!field) throw new Error('There is nothing to type in')
  const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set
  await act(async () => {
    set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

export async function press(target: Element, key: string, init: KeyboardEventInit = {}) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
  await act(async () => {
    target.dispatchEvent(event)
  })
}

export async function click(target: Element | null | undefined): Promise<void> {
  if (!target) throw new Error('There is nothing to click')
  await act(async () => {
    target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
  })
}
