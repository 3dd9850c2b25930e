import { afterAll, beforeAll, expect, test } from 'vitest'
import { createExampleServer } from '../conformance/example-server.ts'
import { NOT_OFFERED, OFFERED } from '../conformance/mcp-not-offered.ts'
import { type Check, ensureMcpTools, inspect, runConformance } from '../conformance/mcp-tools.ts'
import { createCaller, startApp } from '../support/http-app.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const REVISIONS = ['2025-11-25', '2026-07-28'] as const
const ERAS = ['legacy', 'auto', 'modern'] as const

/** What the suite's own example server shows of the door: everything that a tool may answer. */
const THROUGH_THE_DOOR = [
  'tools-list',
  'tools-call-simple-text',
  'tools-call-image',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-mixed-content',
  'tools-call-error',
  'tools-call-with-progress'
]
/** Of the 2026 protocol: what else may be on the stream of an answer. */
const ON_THE_STREAM = [
  'server-stateless:sep-2575-http-server-no-independent-requests-on-stream',
  'server-stateless:sep-2575-server-no-log-without-loglevel'
]

let lab: LabSidecar
let replicas: Replicas
let service: LabSidecar

beforeAll(async () => {
  await ensureMcpTools()
  replicas = await startReplicas()
  service = await replicas.start()
  lab = await startLabSidecar(replicas.model.url, { AI_OPS_RATE_LIMIT_PER_MINUTE: '100000' })
}, 300_000)

afterAll(async () => {
  await lab.stop()
  await replicas.stop()
})

/** `scenario:check` of everything that has not simply passed. */
function notPassed(scenarios: ReadonlyMap<string, readonly Check[]>) {
  return [...scenarios].flatMap(([scenario, checks]) =>
    checks
      .filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO')
      .map(({ id, status, errorMessage }) => ({
        scenario,
        check: `${scenario}:${id}`,
        why: `${status} ${errorMessage ?? ''}`
      }))
  )
}

test.each(REVISIONS)(
  'passes what the official suite checks of a server of %s',
  async (revision) => {
    const scenarios = await runConformance(`${lab.url}/mcp`, revision)
    const failed = notPassed(scenarios)
    const excused = Object.keys(NOT_OFFERED[revision] ?? {})
    const isExcused = ({ scenario, check }: (typeof failed)[number]) =>
      excused.includes(scenario) || excused.includes(check)
    expect(failed.filter((each) => !isExcused(each))).toEqual([])
    const needless = excused.filter(
      (name) => !failed.some(({ scenario, check }) => name === scenario || name === check)
    )
    expect(needless).toEqual([])
    for (const scenario of OFFERED[revision] ?? []) {
      expect(scenarios.get(scenario), scenario).toContainEqual(
        expect.objectContaining({ status: 'SUCCESS' })
      )
    }
    // Most of the checks are of the protocol itself, whatever the server offers.
    const passed = [...scenarios.values()].flat().filter(({ status }) => status === 'SUCCESS')
    expect(passed.length).toBeGreaterThan(30)
  },
  120_000
)

test.each(REVISIONS)(
  'whatever a tool may answer comes through the door in %s',
  async (revision) => {
    const door = await startApp({
      environment: 'LAB',
      authenticate: async () => createCaller('alice'),
      toolServerFor: createExampleServer
    })
    try {
      const scenarios = await runConformance(`${door.url}/mcp`, revision)
      const failed = notPassed(scenarios)
      expect(failed.filter(({ scenario }) => THROUGH_THE_DOOR.includes(scenario))).toEqual([])
      expect([...scenarios.keys()]).toEqual(expect.arrayContaining(THROUGH_THE_DOOR))
      expect(failed.filter(({ check }) => ON_THE_STREAM.includes(check))).toEqual([])
    } finally {
      await door.stop()
    }
  },
  120_000
)

test.each(ERAS)(
  "the MCP inspector's command line lists and calls the tools (%s)",
  async (era) => {
    const who = [
      '--protocol-era',
      era,
      '--header',
      `Authorization: ${replicas.headers.authorization}`
    ]
    const listed = await inspect(`${service.url}/mcp`, [
      ...who,
      '--method',
      'tools/list',
      '--strict'
    ])
    expect(listed.code, listed.text).toBe(0)
    const names = listed.body.tools.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['count', 'find']))
    for (const { annotations } of listed.body.tools) expect(annotations.readOnlyHint).toBe(true)
    const call = ['--method', 'tools/call', '--tool-name', 'count', '--tool-arg', 'model=devices']
    const called = await inspect(`${service.url}/mcp`, [...who, ...call])
    expect(called.code, called.text).toBe(0)
    expect(JSON.parse(called.body.content[0].text)).toMatchObject({ count: 50 })
  },
  120_000
)

test('the inspector is told to sign in when it names nobody', async () => {
  const { code, text } = await inspect(`${service.url}/mcp`, ['--method', 'tools/list'])
  expect(code).not.toBe(0)
  expect(text).toMatch(/401|unauthorized|auth_required/i)
})
