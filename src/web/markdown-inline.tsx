import type { Token, Tokens } from 'marked'
import type { ReactNode } from 'react'
import { renderMarks } from './claim-marks.tsx'
import { decodeEntities } from './entities.ts'
import { ModelLink } from './ModelLink.tsx'
import { keyed, MAX_DEPTH, on, type Renderer } from './markdown-rendering.ts'

const LINE_BREAK = /^<br\s*\/?>$/i

export function renderInline(tokens: readonly Token[], depth: number): ReactNode {
  return keyed(tokens).map(({ key, item }) => <Inline key={key} token={item} depth={depth} />)
}

function Inline({ token, depth }: { readonly token: Token; readonly depth: number }): ReactNode {
  const renderer = depth > MAX_DEPTH ? undefined : INLINES[token.type]
  return renderer ? renderer(token, depth) : token.raw
}

const INLINES: Readonly<Record<string, Renderer>> = {
  text: on<Tokens.Text>((token, depth) =>
    token.tokens ? renderInline(token.tokens, depth + 1) : renderMarks(decodeEntities(token.text))
  ),
  escape: on<Tokens.Escape>((token) => token.text),
  br: () => <br />,
  strong: on<Tokens.Strong>((token, depth) => (
    <strong>{renderInline(token.tokens, depth + 1)}</strong>
  )),
  em: on<Tokens.Em>((token, depth) => <em>{renderInline(token.tokens, depth + 1)}</em>),
  del: on<Tokens.Del>((token, depth) => <del>{renderInline(token.tokens, depth + 1)}</del>),
  codespan: on<Tokens.Codespan>((token) => <code>{renderMarks(token.text)}</code>),
  link: on<Tokens.Link>((token, depth) => (
    <ModelLink address={token.autolink ? token.href : decodeEntities(token.href)}>
      {renderInline(token.tokens, depth + 1)}
    </ModelLink>
  )),
  // An image would be fetched, and its address could carry data away: only its description is shown.
  image: on<Tokens.Image>((token) => (
    <span className="address">[image: {decodeEntities(token.text)}]</span>
  )),
  html: on<Tokens.Tag>((token) => (LINE_BREAK.test(token.raw.trim()) ? <br /> : token.raw))
}
