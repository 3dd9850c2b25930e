import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import '../../src/web/panels/element.ts'
import type { RefreshedTools, ServerView, Tool, ToolList } from '../../src/web/panels/operations.ts'
import { MAX_SHOWN_TOOLS } from '../../src/web/panels/tools-table.ts'
import { findings } from './support/findings.ts'
import { MARKUP } from './support/payloads.ts'

const AT = '2026-03-01T09:00:00.000Z'
const HEALTH = { ok: true, latencyMs: 48, tools: 3, at: AT, lastSeenAt: AT }
const BROKEN = { ok: false, problem: 'it answered 502.', latencyMs: 7, at: AT, lastSeenAt: AT }
const TOOL: Tool = {
  rawName: 'search',
  name: 'desk_search',
  description: 'Searches tickets.',
  offered: true,
  readOnly: true,
  changed: false
}

let app: FastifyInstance
let url: string
let server: ServerView
let list: ToolList
let asked: string[]
/** What a path answers instead. */
let refusals: Map<string, { status: number; code: string; message: string }>
/** Until when a check of health is not answered, and a list of tools. */
let checking: Promise<unknown>
let listing: Promise<unknown>

beforeEach(async () => {
  server = { status: 'Healthy', health: HEALTH }
  list = { tools: [TOOL], leftOut: [] }
  asked = []
  refusals = new Map()
  checking = Promise.resolve()
  listing = Promise.resolve()
  app = Fastify({ forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    asked.push(`${request.method} ${request.url}`)
    const refusal = refusals.get(request.url)
    if (!refusal) return
    const { status, ...error } = refusal
    return reply.code(status).send({ error: { retryable: false, ...error } })
  })
  app.post('/token/', async () => ({ token: 'token', expires: Date.now() / 1000 + 300 }))
  app.get('/api/v1/mcp-servers/1', async () => server)
  app.get('/api/v1/mcp-servers/1/tools', async () => {
    const found = list
    await listing
    return found
  })
  app.post('/api/v1/mcp-servers/1/check', async () => {
    await checking
    return server.health
  })
  app.post('/api/v1/mcp-servers/1/refresh', async () => list)
  app.get('/api/v1/llm-models/1', async () => ({}))
  app.post('/api/v1/llm-models/1/probe', async () => ({
    ...{ ok: true, sentence: 'It answers.', latencyMs: 212, at: AT },
    notices: ['temperature is not sent.']
  }))
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})

afterEach(async () => {
  document.body.replaceChildren()
  await app.close()
})

const OPERATOR = { 'may-operate': '' }

function open(attributes: Readonly<Record<string, string>> = OPERATOR): HTMLElement {
  const panel = document.createElement('ai-ops-panel')
  const all = { kind: 'mcp-server', 'object-id': '1', 'base-url': url, ...attributes }
  for (const [name, value] of Object.entries(all)) panel.setAttribute(name, value)
  panel.setAttribute('token-url', `${url}/token/`)
  document.body.append(panel)
  return panel
}

const shows = (panel: HTMLElement, text: string | RegExp) =>
  vi.waitFor(() => expect(panel.textContent).toMatch(text), { timeout: 5_000 })

const buttons = (panel: HTMLElement) => [...panel.querySelectorAll('button')]

function press(panel: HTMLElement, label: string): void {
  const found = buttons(panel).find(({ textContent }) => textContent === label)
  if (!found) throw new Error(`There is no button ${label}`)
  found.click()
}

const outcome = (panel: HTMLElement) => panel.querySelector('[role=status]')?.textContent
const rows = (panel: HTMLElement) =>
  [...panel.querySelectorAll('[role=region] tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map(({ textContent }) => textContent)
  )

test('shows what the last look found, and the tools with how each runs', async () => {
  list = {
    tools: [
      TOOL,
      { ...TOOL, rawName: 'write', name: 'desk_write', readOnly: false },
      { ...TOOL, rawName: 'erase', name: 'desk_erase', offered: false },
      { ...TOOL, rawName: 'send', name: 'desk_send', readOnly: false, changed: true }
    ],
    leftOut: [{ name: 'odd', reason: 'its schema is not that of an object' }]
  }
  server = { status: 'Healthy', health: HEALTH, changedTools: ['send'] }
  const panel = open()
  await shows(panel, 'Answer time48 ms')
  expect(panel.textContent).toMatch(/Changed since acceptedsend/)
  await vi.waitFor(
    () =>
      expect(rows(panel)).toEqual([
        ['sendchangedSearches tickets.', 'desk_send', 'Waits for approval'],
        ['odd', '—', 'Left out: its schema is not that of an object'],
        ['searchSearches tickets.', 'desk_search', 'Without asking: read-only'],
        ['writeSearches tickets.', 'desk_write', 'Waits for approval'],
        ['eraseSearches tickets.', '—', 'Never: left out by the allowed and denied tools']
      ]),
    { timeout: 5_000 }
  )
  expect(panel.querySelector('time')?.getAttribute('datetime')).toBe(AT)
})

test('an older service, which does not say what is offered, is believed to offer all', async () => {
  const { offered: _, ...old } = TOOL
  list = { tools: [old], leftOut: [] }
  const panel = open()
  await vi.waitFor(
    () =>
      expect(rows(panel)).toEqual([
        ['searchSearches tickets.', 'desk_search', 'Without asking: read-only']
      ]),
    { timeout: 5_000 }
  )
})

test('tells what a look by hand found, and the status that came of it', async () => {
  const panel = open()
  await shows(panel, 'It answers')
  server = { status: 'Failed', health: BROKEN }
  press(panel, 'Check health now')
  await vi.waitFor(
    () =>
      expect(outcome(panel)).toBe(
        'It cannot be used: it answered 502. Its status is now Failed; reload the page to see it there.'
      ),
    { timeout: 5_000 }
  )
  expect(panel.textContent).toContain('FoundIt cannot be used: it answered 502.')
})

test('asks once however often a button is pressed, and neither button works meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  checking = promise
  const panel = open()
  await shows(panel, 'It answers')
  for (const label of ['Check health now', 'Check health now', 'Refresh tools']) press(panel, label)
  expect(outcome(panel)).toBe('Asking the server…')
  expect(buttons(panel).map((each) => each.getAttribute('aria-disabled'))).toEqual(['true', 'true'])
  resolve()
  await vi.waitFor(() => expect(outcome(panel)).toBe('It answers with 3 tools, after 48 ms.'), {
    timeout: 5_000
  })
  expect(asked.filter((each) => /check|refresh/.test(each))).toEqual([
    'POST /api/v1/mcp-servers/1/check'
  ])
  expect(buttons(panel)[0]?.getAttribute('aria-disabled')).toBe('false')
})

test('tells what a refresh accepted, and shows the tools as they are now', async () => {
  const panel = open()
  await shows(panel, 'desk_search')
  const renamed = { ...TOOL, rawName: 'find', name: 'desk_find' }
  list = {
    tools: [renamed],
    leftOut: [],
    added: ['find'],
    removed: ['search'],
    changed: []
  } as RefreshedTools
  press(panel, 'Refresh tools')
  await vi.waitFor(
    () =>
      expect(outcome(panel)).toBe('Its tools are accepted as they are now: 1 added, 1 removed.'),
    { timeout: 5_000 }
  )
  expect(rows(panel).map(([, name]) => name)).toEqual(['desk_find'])
})

test('a list that was asked for before a refresh does not come back after it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  listing = promise
  const panel = open()
  await shows(panel, 'It answers')
  await vi.waitFor(() => expect(asked.some((each) => each.endsWith('/tools'))).toBe(true), {
    timeout: 5_000
  })
  const renamed = { tools: [{ ...TOOL, name: 'desk_find' }], leftOut: [] }
  list = { ...renamed, ...{ added: [], removed: [], changed: [] } }
  press(panel, 'Refresh tools')
  await vi.waitFor(() => expect(outcome(panel)).toBe('Its tools are as they were.'), {
    timeout: 5_000
  })
  resolve()
  await new Promise((done) => setTimeout(done, 100))
  expect(rows(panel).map(([, name]) => name)).toEqual(['desk_find'])
})

test('what only listing the tools has shown to have changed stands among the facts, too', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  listing = promise
  list = { tools: [{ ...TOOL, changed: true }], leftOut: [] }
  const panel = open()
  await shows(panel, 'Changed since acceptednone')
  server = { status: 'Healthy', health: HEALTH, changedTools: ['search'] }
  resolve()
  await shows(panel, 'Changed since acceptedsearch')
})

test('offers nothing that needs the right to operate without it, and does not ask for the tools', async () => {
  const panel = open({})
  await shows(panel, /It answers[\s\S]*Who may operate AI Ops/)
  expect(buttons(panel)).toEqual([])
  expect(asked.filter((each) => each.includes('/tools') && !each.includes('token'))).toEqual([])
})

test.each(MARKUP)('[S7] a server that calls everything %s gets text', async (payload) => {
  list = {
    tools: [{ ...TOOL, rawName: payload, name: payload, description: payload, changed: true }],
    leftOut: [{ name: payload, reason: payload }]
  }
  server = { status: 'Failed', health: { ...BROKEN, problem: payload }, changedTools: [payload] }
  const panel = open()
  await vi.waitFor(() => expect(rows(panel)).toHaveLength(2), { timeout: 5_000 })
  await shows(panel, /It cannot be used/)
  press(panel, 'Check health now')
  await vi.waitFor(() => expect(outcome(panel)).toContain(payload), { timeout: 5_000 })
  expect(rows(panel)[0]?.[0]).toBe(`${payload}changed${payload}`)
  expect(
    panel.querySelectorAll('img, a, iframe, link, script, style, svg, form, input')
  ).toHaveLength(0)
  expect(findings(panel).filter((each) => !OURS.test(each))).toEqual([])
})

/** Of Bootstrap, of the panel's own table and of its announcements. */
const OURS = /^(<(TIME|CAPTION)>|TIME datetime|BUTTON aria-disabled|DIV style|DIV aria-busy)$/

test('a server without tools, and one that nobody has looked at, are said to be so', async () => {
  server = { status: 'Healthy' }
  list = { tools: [], leftOut: [] }
  const panel = open()
  await shows(panel, /Nobody has looked at it yet\.[\s\S]*The server has no tools\./)
})

test.each([
  [300, 300, false],
  [MAX_SHOWN_TOOLS, MAX_SHOWN_TOOLS, false],
  [MAX_SHOWN_TOOLS + 1, MAX_SHOWN_TOOLS, true]
])(
  'of %i tools %i are shown, in a box that scrolls by keyboard too',
  async (count, shown, more) => {
    const tools = Array.from({ length: count }, (_, index) => ({
      ...TOOL,
      rawName: `tool-${index}`
    }))
    list = { tools, leftOut: [] }
    const panel = open()
    await vi.waitFor(() => expect(rows(panel)).toHaveLength(shown), { timeout: 5_000 })
    const region = panel.querySelector<HTMLElement>('[role=region]')
    expect([region?.tabIndex, region?.style.maxHeight]).toEqual([0, '24rem'])
    expect(/more are not shown/.test(panel.textContent ?? '')).toBe(more)
  }
)

test('a server that cannot be asked is told beside what is known, and asked again by a button', async () => {
  const path = '/api/v1/mcp-servers/1/tools'
  const message = 'Desk could not be asked: it answered 502.'
  refusals.set(path, { status: 502, code: 'TOOL_SERVER_FAILED', message })
  const panel = open()
  await shows(panel, /Answer time48 ms[\s\S]*Desk could not be asked: it answered 502\./)
  refusals.delete(path)
  press(panel, 'Try again')
  expect(document.activeElement?.textContent).toBe('Asking the server for its tools…')
  await shows(panel, 'desk_search')
  expect(panel.textContent).not.toContain('could not be asked')
})

test('a service that does not answer is told, with where to look', async () => {
  const panel = open()
  await shows(panel, 'desk_search')
  await app.close()
  press(panel, 'Check health now')
  await vi.waitFor(
    () =>
      expect(outcome(panel)).toBe(
        'The AI Ops service does not answer. If it stays so, look whether the service of AI Ops runs, and at its address in PLUGINS_CONFIG.'
      ),
    { timeout: 5_000 }
  )
})

test('an ended session leads to the login page and back', async () => {
  refusals.set('/token/', { status: 401, code: 'not_authenticated', message: 'no' })
  const panel = open({})
  await shows(panel, 'Your Nautobot session has ended. Sign in to Nautobot again.')
  expect(panel.querySelector('a')?.getAttribute('href')).toBe('/login/?next=%2F')
})

test('a panel that leaves the page asks no more', async () => {
  checking = new Promise(() => undefined)
  const panel = open()
  await shows(panel, 'It answers')
  const closed = new Promise((resolve) => {
    app.server.on('request', (request) => request.socket.once('close', resolve))
  })
  press(panel, 'Check health now')
  await vi.waitFor(() => expect(asked.at(-1)).toContain('/check'), { timeout: 5_000 })
  panel.remove()
  await closed
})

test("a model's test is shown, and done again by a button", async () => {
  const panel = open({ ...OPERATOR, kind: 'llm-model' })
  await shows(panel, 'It has not been tested as it is now.')
  press(panel, 'Test this model')
  await vi.waitFor(() => expect(outcome(panel)).toBe('It answers.'), { timeout: 5_000 })
  expect(panel.textContent).toMatch(/First words after212 ms[\s\S]*temperature is not sent\./)
})
