import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import { toSavedQuery } from '../../../src/nautobot-tools/saved-query.ts'
import { type CallTool, connectTools } from '../../support/tool-client.ts'
import { json, startWireServer } from '../../support/wire-server.ts'
import { startSample, TOKENS } from '../lab/support/sample.ts'

const NEVER = -1
const TIMEOUT_MS = 20_000
const HANGING = 'is not answered'
const HANGING_TIMEOUT_MS = 1_000

/** What may happen to a request, given the answer that it would have got. Undefined: it is never answered. */
type Fault = (response: ServerResponse, healthy: string) => unknown

const FAULTS: Readonly<Record<string, Fault>> = {
  'is answered with a page of a proxy': (response) => {
    response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>Bad Gateway</html>')
  },
  'is answered with a page of another service': (response) => response.end('<html>Hi</html>'),
  'is answered with nothing': (response) => response.end(),
  'is answered with something else': (response) => json(response, 200, { hello: 'there' }),
  'is answered with an empty list': (response) => json(response, 200, []),
  'is cut in its body': (response, healthy) => {
    response.writeHead(200, { 'Content-Length': String(healthy.length) })
    response.write(healthy.slice(0, healthy.length / 2), () => response.destroy())
  },
  'is answered with half of its body': (response, healthy) => {
    response.end(healthy.slice(0, healthy.length / 2))
  },
  'is answered without its first part': (response, healthy) => {
    const { data, ...rest } = JSON.parse(healthy)
    const [lost] = Object.keys(data ?? {})
    const errors = [{ message: 'broken', path: [lost] }]
    json(response, 200, lost ? { data: { ...data, [lost]: null }, errors } : { data, ...rest })
  },
  [HANGING]: () => undefined
}

type Call = readonly [tool: Parameters<CallTool>[0], args: Record<string, unknown>]

const saved = toSavedQuery('Here', 'query ($at: [String]!) { devices(location: $at) { name } }')

/** Each with what it needs most requests for: a name that is not there, a list that is empty or cut. */
const CALLS: readonly Call[] = [
  ['count', { model: 'devices', filters: { location: 'AMS01' }, group_by: 'role' }],
  ['count', { model: 'devices', filters: { location: 'TYO01', role: 'switch' } }],
  ['find', { model: 'devices', filters: { location: 'TYO01', role: 'switch' } }],
  ['find', { model: 'devices', limit: 2 }],
  ['get', { object: 'ams01-rtr-01' }],
  ['get', { object: 'ams01-rtr-0' }],
  ['describe', { model: 'devices' }],
  ['changes', { since: 'yesterday', user: 'nobody', location: 'AMS01' }],
  ['query', { query: '{ devices(role: "switch", location: "TYO01") { name location { name } } }' }],
  [
    'query',
    { query: '{ devices(limit: 2) { interfaces { name } } locations(limit: 1) { name } }' }
  ],
  ['saved_here', { at: ['AMS01'] }]
]

interface Line {
  requests: number
  /** Which one is spoilt, counted from 0, and how. */
  readonly spoilt: number
  readonly fault: Fault
}

/** The sample behind many lines, each with one spoilt request. */
async function setup() {
  const sample = await startSample()
  const lines: Line[] = []
  const server = await startWireServer(async ({ method, path, query, headers, body }, response) => {
    const [, number = '', rest = ''] = /^\/line-(\d+)(\/.*)$/.exec(path) ?? []
    const line = lines[Number(number)] ?? expect.fail(path)
    const isSpoilt = line.requests === line.spoilt
    line.requests += 1
    const { authorization = '' } = headers
    const answer = await fetch(`${sample.url}${rest}?${query}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    if (isSpoilt) line.fault(response, text)
    else response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(text)
  })

  /** A call by a service that has just been started: nothing is known yet. */
  return async ([tool, args]: Call, spoilt = NEVER, fault: Fault = () => undefined) => {
    const line: Line = { requests: 0, spoilt, fault }
    const nautobot = createNautobotClient({
      url: `${server.url}/line-${lines.push(line) - 1}`,
      publicUrl: 'https://nautobot.example.com',
      timeoutMs: fault === FAULTS[HANGING] ? HANGING_TIMEOUT_MS : TIMEOUT_MS,
      maxInFlight: 8,
      maxInFlightPerToken: 8,
      maxResponseBytes: 5_000_000,
      verifyTls: true
    })
    const savedQueries = saved ? [saved] : []
    const call = await connectTools(nautobot, { userId: 'lab', token: TOKENS.lab, savedQueries })
    const answer = await call(tool, args)
    return { ...answer, requests: line.requests }
  }
}

type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof setup>>>>

/** The right answer, or that it could not be asked; never the answer to something else. */
function isHonest({ isError, text, facts }: Answer, healthy: Answer): boolean {
  const { code, message = '' } = (text.error ?? {}) as { code?: string; message?: string }
  if (JSON.stringify(text) === JSON.stringify(healthy.text)) return true
  if (!isError) return facts.gaps.some((gap) => gap.startsWith('Nautobot could not'))
  // A query whose only part is lost.
  if (message.startsWith('Nautobot could not answer "')) return true
  // The nearest names are help: without them a refusal still stands.
  if (healthy.isError && code !== 'NAUTOBOT_UNAVAILABLE') return code !== 'INTERNAL'
  return (
    code === 'NAUTOBOT_UNAVAILABLE' &&
    message.startsWith('Nautobot could not be asked, so the answer is not known.') &&
    facts.gaps.length === 1
  )
}

it.each(CALLS)(
  '%s %j answers rightly or says that it could not ask, whichever of its requests fails',
  { timeout: 60_000 },
  async (...call) => {
    const ask = await setup()
    const healthy = await ask(call)
    expect(healthy.requests).toBeGreaterThan(1)

    for (const [name, fault] of Object.entries(FAULTS)) {
      const answers = Array.from({ length: healthy.requests }, (_, index) =>
        ask(call, index, fault)
      )
      for (const [index, answer] of (await Promise.all(answers)).entries())
        expect([name, index, isHonest(answer, healthy), answer.text]).toEqual([
          name,
          index,
          true,
          answer.text
        ])
    }
  }
)
