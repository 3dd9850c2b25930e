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
  return SOURCES.map((source) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(source)
    return sheet
  })
}
