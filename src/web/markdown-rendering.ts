import type { Token } from 'marked'
import type { ReactNode } from 'react'

/** Deeper nesting is shown as the text it was written in. */
export const MAX_DEPTH = 16

export type Renderer = (token: Token, depth: number) => ReactNode

/** A renderer of one type of token, for a table keyed by that type. */
export function on<T extends Token>(render: (token: T, depth: number) => ReactNode): Renderer {
  return render as Renderer
}

/** Parts of a text have no identity but their place: they are only ever appended. */
export function keyed<T>(items: readonly T[]): { readonly key: string; readonly item: T }[] {
  return items.map((item, index) => ({ key: `${index}`, item }))
}
