import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const CHECKOUT = join(import.meta.dirname, '../..')
const DIST = join(CHECKOUT, 'src/web/dist')
const SHIM = join(CHECKOUT, 'nautobot-plugin-shim/nautobot_ai_ops/static/nautobot_ai_ops/chat')
/** What a person waits for on the first visit. */
const MAX_SCRIPT_GZIP_BYTES = 112_640

const scripts = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()

test('the stable script only imports the hashed one, by a relative address', () => {
  const [entry] = scripts(DIST).filter((name) => name.startsWith('chat-'))
  expect(readFileSync(join(DIST, 'chat.js'), 'utf8')).toBe(`import './${entry}'\n`)
})

test('all scripts together stay within their limit', () => {
  const bytes = scripts(DIST).map((name) => gzipSync(readFileSync(join(DIST, name))).byteLength)
  const total = bytes.reduce((sum, size) => sum + size, 0)
  expect(total).toBeGreaterThan(0)
  expect(total).toBeLessThanOrEqual(MAX_SCRIPT_GZIP_BYTES)
})

test('the Nautobot app carries the same scripts', () => {
  expect(readdirSync(SHIM).sort()).toEqual(scripts(DIST))
  for (const name of scripts(DIST)) {
    expect(readFileSync(join(SHIM, name)).equals(readFileSync(join(DIST, name)))).toBe(true)
  }
})
