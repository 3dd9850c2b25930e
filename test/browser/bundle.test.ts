import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const CHECKOUT = join(import.meta.dirname, '../..')
const DIST = join(CHECKOUT, 'src/web/dist')
const SHIM = join(CHECKOUT, 'nautobot-plugin-shim/nautobot_ai_ops/static/nautobot_ai_ops/chat')
const PANELS = join(SHIM, '../panels')
/** What a page of an MCP server or LLM model waits for before its panel is filled. */
const MAX_PANELS_GZIP_BYTES = 6_144
/** What a person waits for on the first visit. */
const MAX_SCRIPT_GZIP_BYTES = 114_688
/** What comes later, each part when a person first opens it, all together. */
const MAX_LATE_GZIP_BYTES = 10_240

const scripts = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()

test('the stable script only imports the hashed one, by a relative address', () => {
  const [entry] = scripts(DIST).filter((name) => name.startsWith('chat-'))
  expect(readFileSync(join(DIST, 'chat.js'), 'utf8')).toBe(`import './${entry}'\n`)
})

const source = (name: string): string => readFileSync(join(DIST, name), 'utf8')

/** A script and all that it imports before it runs. */
function withImports(name: string, known: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (known.has(name)) return known
  const imported = source(name).matchAll(/(?:from|import) ?["'`]\.\/([\w-]+\.js)["'`]/g)
  return [...imported].reduce(
    (all, [, next = '']) => withImports(next, all),
    new Set([...known, name]) as ReadonlySet<string>
  )
}

const gzipBytes = (names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + gzipSync(source(name)).byteLength, 0)

test('the scripts of the first visit stay within their limit, and those that come later within theirs', () => {
  const first = withImports('chat.js')
  const late = scripts(DIST).filter((name) => !first.has(name))
  expect(gzipBytes(first)).toBeLessThanOrEqual(MAX_SCRIPT_GZIP_BYTES)
  expect(gzipBytes(first)).toBeGreaterThan(MAX_LATE_GZIP_BYTES)
  expect(late.length).toBeGreaterThan(0)
  expect(gzipBytes(late)).toBeLessThanOrEqual(MAX_LATE_GZIP_BYTES)
})

test('a late script imports what the page already runs, so that there is one React', () => {
  const first = withImports('chat.js')
  for (const name of scripts(DIST).filter((one) => !first.has(one))) {
    expect([...withImports(name)].filter((one) => one !== name && one !== 'chat.js')).toEqual(
      [...first].filter((one) => one !== 'chat.js')
    )
  }
})

test('the Nautobot app carries the same scripts', () => {
  expect(readdirSync(SHIM).sort()).toEqual(scripts(DIST))
  for (const name of scripts(DIST)) {
    expect(readFileSync(join(SHIM, name)).equals(readFileSync(join(DIST, name)))).toBe(true)
  }
})

test('the panels on pages of Nautobot are one small script of their own', () => {
  expect(readdirSync(PANELS)).toEqual(['panels.js'])
  const script = readFileSync(join(PANELS, 'panels.js'))
  expect(gzipSync(script).byteLength).toBeLessThanOrEqual(MAX_PANELS_GZIP_BYTES)
  expect(script.toString()).toContain('ai-ops-panel')
})
