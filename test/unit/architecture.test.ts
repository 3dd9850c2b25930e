import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { cyclesOf } from '../support/import-cycles.ts'

const root = join(import.meta.dirname, '../..')
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.includes('dist/'))
  .map((path) => ({ path, text: readFileSync(join(root, 'src', path), 'utf8') }))

/** Storeys, lowest first; a file imports from below its own, from its own folder, never from a sibling. */
const STOREYS: readonly (readonly string[])[] = [
  ['errors.ts'],
  ['platform'],
  ['config-fields.ts', 'config-mcp-servers.ts'],
  ['config-schema.ts', 'nautobot'],
  ['config.ts', 'elicitation.ts'],
  ['catalog', 'secrets', 'auth', 'tool-server.ts'],
  ['llm', 'mcp', 'nautobot-tools', 'conversations'],
  ['agent'],
  ['runs'],
  ['jobs'],
  ['http'],
  ['app.ts'],
  ['lab'],
  ['services'],
  ['services.ts', 'doctor'],
  ['main.ts', 'doctor.ts']
]

/** Rooms that stand apart: who else may import them, and what of the house they may see. */
const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  lab: ['errors.ts', 'platform', 'nautobot', 'lab'],
  web: ['errors.ts', 'web', 'agent', 'runs', 'tool-server.ts', 'elicitation.ts']
}

/** Packages that belong to few rooms. */
const PACKAGES: readonly (readonly [RegExp, RegExp])[] = [
  [/^fastify$/, /^(http\/|lab\/|app\.ts)/],
  [/^@langchain\//, /^(agent|llm|conversations|services)\/|^mcp\/mcp-tools\.ts/],
  [/^axios$/, /^nautobot\/client\.ts/],
  [/^ioredis$/, /^platform\/redis\.ts/],
  [/^(react|react-dom|marked|remend)/, /^web\//],
  [/^node-cron$/, /^jobs\//],
  // The API is small and everywhere; the rest is loaded when a collector is configured.
  [/^@opentelemetry\/(?!api$)/, /^platform\/(trace-export|span-exporter)\.ts/]
]

function importsOf(text: string): { target: string; isTypeOnly: boolean }[] {
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
  )
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [
    ...[...found].map(([, type, target = '']) => ({ target, isTypeOnly: Boolean(type) })),
    ...[...dynamic].map(([, target = '']) => ({ target, isTypeOnly: false }))
  ]
}

const roomOf = (path: string) => path.split('/')[0] ?? ''
const storeyOf = (room: string) => STOREYS.findIndex((storey) => storey.includes(room))

function houseImports(files = sources) {
  return files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter(({ target }) => target.startsWith('.'))
      .map(({ target, isTypeOnly }) => ({
        path,
        isTypeOnly,
        target: relative('/', join('/', dirname(path), target))
      }))
  )
}

/** `a.ts → b.ts → a.ts`, of imports of types, too. */
function importCycles(files: typeof sources): string[] {
  const byImporter = Map.groupBy(houseImports(files), ({ path }) => path)
  const graph = new Map(
    [...byImporter].map(([path, imports]) => [path, imports.map(({ target }) => target)])
  )
  return cyclesOf(graph).map((cycle) => [...cycle, cycle[0]].join(' → '))
}

it('imports downwards only', () => {
  const wrong = houseImports()
    .filter(({ path }) => !(roomOf(path) in MAY_SEE))
    .filter(({ path, target }) => {
      const [from, to] = [roomOf(path), roomOf(target)]
      return from !== to && storeyOf(to) >= storeyOf(from) && !target.endsWith('package.json')
    })
    .map(({ path, target }) => `${path} → ${target}`)

  expect(wrong).toEqual([])
})

it('imports nothing in a circle', () => {
  expect(importCycles(sources)).toEqual([])
})

it('names the files of a circle, whatever they import of each other', () => {
  const files = [
    { path: 'agent/ring.ts', text: "import { link } from './link.ts'" },
    { path: 'agent/link.ts', text: "import {\n  type Chain,\n  hang\n} from './chain.ts'" },
    { path: 'agent/chain.ts', text: "import type { Ring } from './ring.ts'" },
    { path: 'agent/alone.ts', text: "import { itself } from './alone.ts'" },
    { path: 'runs/late.ts', text: "const later = () => import('./early.ts')" },
    { path: 'runs/early.ts', text: "export type { Late } from './late.ts'" },
    { path: 'runs/guest.ts', text: "import 'node:fs'\nimport { Ring } from '../agent/ring.ts'" }
  ]

  expect(importCycles(files)).toEqual([
    'agent/alone.ts → agent/alone.ts',
    'runs/early.ts → runs/late.ts → runs/early.ts',
    'agent/chain.ts → agent/ring.ts → agent/link.ts → agent/chain.ts'
  ])
})

it('tells one of the circles that a single import makes', () => {
  const files = [
    { path: 'a.ts', text: "import { b } from './b.ts'\nimport { c } from './c.ts'" },
    { path: 'b.ts', text: "import { c } from './c.ts'" },
    { path: 'c.ts', text: "import type { A } from './a.ts'" }
  ]

  expect(importCycles(files)).toEqual(['a.ts → c.ts → a.ts'])
})

it('knows the storey of every room', () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)))
  expect([...rooms].filter((room) => storeyOf(room) < 0 && !(room in MAY_SEE))).toEqual([])
})

it('keeps the chat and the sample apart from the rest of the house', () => {
  const wrong = houseImports()
    .filter(({ path, target, isTypeOnly }) => {
      const [from, to] = [roomOf(path), roomOf(target)]
      const visible = MAY_SEE[from]
      if (!visible || from === to || target.endsWith('package.json')) return false
      return !visible.includes(to) || (from === 'web' && !isTypeOnly)
    })
    .map(({ path, target }) => `${path} → ${target}`)

  expect(wrong).toEqual([])
})

it('keeps packages in their rooms', () => {
  const wrong = sources.flatMap(({ path, text }) =>
    importsOf(text)
      .filter(({ isTypeOnly }) => !isTypeOnly)
      .filter(({ target }) =>
        PACKAGES.some(([name, rooms]) => name.test(target) && !rooms.test(path))
      )
      .map(({ target }) => `${path} → ${target}`)
  )

  expect(wrong).toEqual([])
})

it('loads what sends traces only where they are configured', () => {
  const loaders = sources
    .filter(({ text }) => /^import (?!type)[^'"]*['"][^'"]*trace-export\.ts['"]/m.test(text))
    .map(({ path }) => path)
  expect(loaders).toEqual([])
})

it('reads the environment where a process begins, and nowhere else', () => {
  const readers = sources.filter(
    ({ path, text }) => /\bprocess\.env\b/.test(text) && !path.endsWith('.config.ts')
  )
  expect(readers.map(({ path }) => path).sort()).toEqual(['doctor.ts', 'main.ts'])
})

it('never lists the keys of Redis', () => {
  const wrong = sources.filter(
    ({ path, text }) =>
      /\.keys\(\s*['"`]/.test(text) ||
      (/\.scan\(|scanStream/.test(text) && !path.startsWith('jobs/'))
  )
  expect(wrong.map(({ path }) => path)).toEqual([])
})

it('keeps every file under 300 lines', () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 300)
  expect(long).toEqual([])
})
