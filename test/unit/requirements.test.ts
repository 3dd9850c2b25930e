import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { REQUIREMENTS } from '../requirements.ts'

const root = join(import.meta.dirname, '../..')
const CITATION = /\[((?:[TSP]\d+)(?:\s*,\s*[TSP]\d+)*)\]/g

/** Every promise cited in the title of a test, with the files that cite it. */
function citations(): Map<string, string[]> {
  const files = ['test', 'nautobot-plugin-shim/nautobot_ai_ops/tests'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.test\.tsx?$|test_\w+\.py$/.test(path))
      .map((path) => join(folder, path))
  )
  const found = new Map<string, string[]>()
  for (const file of files) {
    for (const [, ids = ''] of readFileSync(join(root, file), 'utf8').matchAll(CITATION)) {
      for (const id of ids.split(/\s*,\s*/)) found.set(id, [...(found.get(id) ?? []), file])
    }
  }
  return found
}

it('has a test for every promise that is called done or partly kept', () => {
  const cited = citations()
  const unproven = Object.entries(REQUIREMENTS)
    .filter(([id, { state }]) => (state === 'done' || state === 'partly') && !cited.has(id))
    .map(([id]) => id)

  expect(unproven).toEqual([])
})

it('cites no promise that does not exist, and none that is called open', () => {
  const wrong = [...citations()].filter(([id]) => (REQUIREMENTS[id]?.state ?? 'open') === 'open')
  expect(wrong).toEqual([])
})

it('says what is missing where a promise is partly kept', () => {
  const silent = Object.entries(REQUIREMENTS).filter(
    ([, { state, missing }]) => (state === 'partly') !== Boolean(missing)
  )
  expect(silent).toEqual([])
})
