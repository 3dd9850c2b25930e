import type { Token, Tokens } from 'marked'
import type { ReactNode } from 'react'
import { CodeBlock } from './CodeBlock.tsx'
import { renderInline } from './markdown-inline.tsx'
import { keyed, MAX_DEPTH, on, type Renderer } from './markdown-rendering.ts'
import { ScrollBox } from './ScrollBox.tsx'

/** The page's own headings come first. */
const HEADINGS = ['h3', 'h4', 'h5', 'h6'] as const

export function renderBlocks(tokens: readonly Token[], depth: number): ReactNode {
  return keyed(tokens).map(({ key, item }) => <Block key={key} token={item} depth={depth} />)
}

function Block({ token, depth }: { readonly token: Token; readonly depth: number }): ReactNode {
  const renderer = depth > MAX_DEPTH ? undefined : BLOCKS[token.type]
  return renderer ? renderer(token, depth) : <p>{token.raw}</p>
}

const BLOCKS: Readonly<Record<string, Renderer>> = {
  space: () => null,
  def: () => null,
  hr: () => <hr />,
  heading: on<Tokens.Heading>((token, depth) => {
    const Heading = HEADINGS[Math.min(token.depth, HEADINGS.length) - 1] ?? 'h6'
    return <Heading>{renderInline(token.tokens, depth + 1)}</Heading>
  }),
  paragraph: on<Tokens.Paragraph>((token, depth) => <p>{renderInline(token.tokens, depth + 1)}</p>),
  text: on<Tokens.Text>((token, depth) => renderInline(token.tokens ?? [token], depth + 1)),
  code: on<Tokens.Code>((token) => <CodeBlock language={languageOf(token)} text={token.text} />),
  blockquote: on<Tokens.Blockquote>((token, depth) => (
    <blockquote>{renderBlocks(token.tokens, depth + 1)}</blockquote>
  )),
  list: on<Tokens.List>((token, depth) => <List list={token} depth={depth} />),
  table: on<Tokens.Table>((token, depth) => <Table table={token} depth={depth} />)
}

function languageOf(token: Tokens.Code): string {
  return /^[\w+#.-]{1,20}/.exec(token.lang ?? '')?.[0] ?? ''
}

function List({ list, depth }: { readonly list: Tokens.List; readonly depth: number }) {
  const items = keyed(list.items).map(({ key, item }) => (
    <li key={key} className={item.task ? 'task' : undefined}>
      {item.task && <span>{item.checked ? '☑' : '☐'} </span>}
      {renderBlocks(
        item.tokens.filter((token) => token.type !== 'checkbox'),
        depth + 1
      )}
    </li>
  ))
  if (!list.ordered) return <ul>{items}</ul>
  return <ol start={typeof list.start === 'number' ? list.start : 1}>{items}</ol>
}

function Table({ table, depth }: { readonly table: Tokens.Table; readonly depth: number }) {
  return (
    <ScrollBox className="table-scroll" label="Table">
      <table>
        <thead>
          <Row cells={table.header} depth={depth} />
        </thead>
        <tbody>
          {keyed(table.rows).map(({ key, item }) => (
            <Row key={key} cells={item} depth={depth} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function Row({
  cells,
  depth
}: {
  readonly cells: readonly Tokens.TableCell[]
  readonly depth: number
}) {
  return (
    <tr>
      {keyed(cells).map(({ key, item }) => {
        const Tag = item.header ? 'th' : 'td'
        return (
          <Tag
            key={key}
            className={item.align ?? undefined}
            scope={item.header ? 'col' : undefined}
          >
            {renderInline(item.tokens, depth + 1)}
          </Tag>
        )
      })}
    </tr>
  )
}
