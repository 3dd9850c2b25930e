import { Lexer, type Token } from 'marked'
import { memo, type ReactNode } from 'react'
import { closeTail } from './blocks.ts'
import { renderBlocks } from './markdown-blocks.tsx'

/** Markdown as React elements. No HTML string is ever made: what is not known is shown as text. */
export const MarkdownBlock = memo(function MarkdownBlock({ text }: { readonly text: string }) {
  return <>{render(text)}</>
})

/** The part that still grows. */
export function MarkdownTail({ text }: { readonly text: string }) {
  return <>{render(closeTail(text))}</>
}

function render(text: string): ReactNode {
  return renderBlocks(lex(text), 0)
}

/** Text that overwhelms the lexer (thousands of nested quotes) is still text. */
function lex(text: string): readonly Token[] {
  try {
    return new Lexer({ gfm: true }).lex(text)
  } catch {
    return [{ type: 'text', raw: text, text }]
  }
}
