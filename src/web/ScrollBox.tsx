import type { ReactNode } from 'react'

interface ScrollBoxProps {
  readonly className: string
  readonly label: string
  readonly children: ReactNode
}

/** Content wider than the page. It takes the focus, because a keyboard scrolls only what it can reach. */
export function ScrollBox({ className, label, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div
      className={className}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
    >
      {children}
    </div>
  )
}
