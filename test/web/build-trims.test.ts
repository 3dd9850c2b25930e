// @vitest-environment node
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Lexer } from 'marked'
import remend from 'remend'
import { afterAll, expect, test } from 'vitest'
import { buildTrims } from '../../src/web/build-trims.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const PIECE_CHARS = 37
const MODULES = join(import.meta.dirname, '../../node_modules')
const folder = mkdtempSync(join(tmpdir(), 'trims-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Markdown as people write it, and what an answer may have on top. */
const TEXTS = [
  ...readdirSync(join(CHECKOUT, 'src/decisions')).map((name) => `src/decisions/${name}`),
  'README.md',
  'src/README.md',
  'CONTRIBUTING.md',
  'openapi/errors.md'
].map((name) => readFileSync(join(CHECKOUT, name), 'utf8'))
TEXTS.push(
  '# Title #\n\nSetext\n---\n\n1) one\n2. two\n   - [x] done\n   - [ ] open\n\n> quote\n> - in it\n',
  '*a* _b_ **c** __d__ ***e*** ~~f~~ ~g~ `h` ``i ` j`` snake_case_name 5*3*2 a**b**c “_q_”\n',
  '| a | b |\n|:--|--:|\n| `x|y` | **z** |\n\n<b>html</b> <br> <!-- c --> &amp; &#65;\n',
  '[l](https://x.y "t") [r][ref] ![i](u) <https://a.b> www.c.d e@f.gh https://i.j/k_(l)\n\n[ref]: /u\n',
  '```js\ncode *not*\n```\n\n    indented\n\n***\nline  \nbreak\\\nend $a_b$ $$x$$ 1 < 2\n'
)

type Transform = (code: string, id: string) => { readonly code: string } | undefined
const change = buildTrims().transform as Transform

async function trimmed(path: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${path.replaceAll('/', '-')}.mjs`)
  writeFileSync(file, transform(path))
  return import(pathToFileURL(file).href)
}

function transform(path: string): string {
  const whole = readFileSync(join(MODULES, path), 'utf8')
  const { code = '' } = change(whole, path) ?? {}
  expect(code).not.toBe('')
  expect(code.length).toBeLessThan(whole.length)
  return code
}

test('the trimmed lexer reads as the whole one does', async () => {
  const { Lexer: Trimmed } = (await trimmed('marked/lib/marked.esm.js')) as { Lexer: typeof Lexer }
  for (const text of TEXTS) {
    expect(new Trimmed({ gfm: true }).lex(text)).toEqual(new Lexer({ gfm: true }).lex(text))
  }
})

test('the trimmed remend closes what the whole one does, wherever the text is cut', async () => {
  const { default: trimmedRemend } = (await trimmed('remend/dist/index.js')) as {
    default: typeof remend
  }
  const options = { images: false, katex: false, linkMode: 'text-only', htmlTags: false } as const
  for (const text of TEXTS) {
    for (let end = PIECE_CHARS; end < text.length; end += PIECE_CHARS) {
      const tail = text.slice(Math.max(0, end - 500), end)
      expect(trimmedRemend(tail, options)).toBe(remend(tail, options))
    }
  }
})

test('React keeps the attributes that components have, and no names of others', () => {
  const code = transform('react-dom/cjs/react-dom-client.production.js')
  const table = /aliases = new Map\(\[([\s\S]*?)\]\)/.exec(code)?.[1] ?? ''
  expect(table).toContain('["strokeWidth", "stroke-width"]')
  expect(table).toContain('["strokeLinecap", "stroke-linecap"]')
  expect(table).not.toContain('glyph')
})

test('a library that is built in another way stops the build', () => {
  for (const id of ['marked.esm.js', 'remend/dist/index.js', 'react-dom-client.production.js']) {
    expect(() => change('export{x as y};', id)).toThrow('not built as it was')
  }
  expect(change('export{x as y};', 'other.js')).toBeUndefined()
})
