import { useCallback } from 'react'
import answer from './styles/answer.css?inline'
import composer from './styles/composer.css?inline'
import conversations from './styles/conversations.css?inline'
import frame from './styles/frame.css?inline'
import log from './styles/log.css?inline'
import markdown from './styles/markdown.css?inline'
import question from './styles/question.css?inline'
import sidebar from './styles/sidebar.css?inline'
import small from './styles/small.css?inline'

/** In the order of the cascade: what depends on the space comes last. */
const SOURCES = [frame, sidebar, conversations, log, question, answer, markdown, composer, small]

/** The chat's styles as constructed sheets, which a strict content security policy lets through. */
export function createSheets(): CSSStyleSheet[] {
  return SOURCES.map(createSheet)
}

function createSheet(source: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(source)
  return sheet
}

const later = new Map<string, CSSStyleSheet>()

/** Adds the sheet of a part that came later to the root it stands in, once. */
export function useSheet(source: string): (element: Element | null) => void {
  return useCallback(
    (element) => {
      const root = element?.getRootNode()
      if (!(root instanceof ShadowRoot)) return
      const sheet = later.get(source) ?? createSheet(source)
      later.set(source, sheet)
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
    },
    [source]
  )
}
