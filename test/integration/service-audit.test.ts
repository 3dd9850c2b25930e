import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, say, sinceLastQuestion } from '../support/model-steps.ts'
import { decide, whenRun } from './support/approvals.ts'
import { type AuditLine, auditOf } from './support/audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

/** Never in a line of the audit: what was asked, called with, answered, and why. */
const CONTENT = ['canary-question', 'canary-argument', 'canary-result', 'canary-reason']

let replicas: Replicas
let tools: FaultMcpServer
let service: LabSidecar
let lines: readonly AuditLine[]
let runId: string

/** One run that reads, acts and is rejected, one call at the MCP door, one job. */
beforeAll(async () => {
  tools = await startFaultMcpServer({
    tools: ['open_ticket', 'reboot'].map((name) => ({ ...ECHO, name }))
  })
  const servers = [{ name: 'tickets', url: tools.url, token: 'canary-token' }]
  replicas = await startReplicas({ env: { AI_OPS_MCP_SERVERS: JSON.stringify(servers) } })
  replicas.model.answer((request) => {
    if (sinceLastQuestion(request).some(({ role }) => role === 'tool')) {
      return [say('canary-result')]
    }
    return [
      callTool('count', { model: 'dcim.device', filters: { name: ['canary-argument'] } }),
      callTool('tickets_open_ticket', { text: 'canary-argument' }),
      callTool('tickets_reboot', { text: 'canary-argument' })
    ]
  })
  service = await replicas.start()
  await doAll()
  lines = auditOf(service)
})
afterAll(async () => {
  await replicas.stop()
  await tools.stop()
})

async function doAll(): Promise<void> {
  const { headers } = replicas
  const run = await startRun(service.url, { headers, body: { message: 'canary-question' } })
  runId = run.runId
  const reading = run.rest()
  const { approvals } = await whenRun(service.url, runId, { headers, states: ['waiting'] })
  const decisions = approvals.map(({ toolCallId, name }) => ({
    toolCallId,
    decision: name.includes('reboot') ? ('reject' as const) : ('approve' as const),
    reason: 'canary-reason'
  }))
  await decide(service.url, runId, { headers, decisions })
  await reading
  await fetch(`${service.url}/api/v1/jobs/catalog-refresh/run`, { method: 'POST', headers })
  await vi.waitFor(
    () =>
      expect(auditOf(service).some(({ event, user }) => event === 'job.ran' && user)).toBe(true),
    { timeout: 5_000 }
  )
}

const named = (event: string) => lines.filter((line) => line.event === event)

it('[S10] writes one line for each tool call that was made', () => {
  expect(named('tool.called')).toMatchObject([
    { tool: 'count', server: 'nautobot', outcome: 'ok', via: 'run', runId },
    { tool: 'tickets_open_ticket', server: 'tickets', outcome: 'ok', via: 'run', runId }
  ])
})

it('[S10][T26] writes one line for each request for approval and each decision', () => {
  expect(named('approval.requested').map(({ tool, outcome }) => [tool, outcome])).toEqual([
    ['tickets_open_ticket', 'waiting'],
    ['tickets_reboot', 'waiting']
  ])
  expect(
    named('approval.decided').map(({ tool, server, outcome }) => [tool, server, outcome])
  ).toEqual([
    ['tickets_open_ticket', 'tickets', 'approve'],
    ['tickets_reboot', 'tickets', 'reject']
  ])
})

it('[S10] writes one line for each exchange that Nautobot was asked for', () => {
  const asked = replicas.nautobot.requests.filter(({ path }) => path.includes('token-exchange'))

  expect(asked.length).toBeGreaterThan(0)
  expect(named('token.exchanged')).toHaveLength(asked.length)
  expect(named('token.exchanged')[0]).toMatchObject({ from: 'api-token', outcome: 'ok' })
})

it('[S10] writes one line for a job, with who demanded it', () => {
  const [job] = named('job.ran').filter(({ user }) => user !== undefined)
  expect(job).toMatchObject({ job: 'catalog-refresh', outcome: 'succeeded' })
})

it('[S10] says who in every line that is about somebody, and nothing of what was said', () => {
  const about = lines.filter(({ event }) => event !== 'job.ran' && event !== 'credential.resolved')
  expect(about.length).toBeGreaterThan(5)
  for (const line of about) {
    expect(line).toMatchObject({ userId: expect.any(String), user: expect.any(String) })
    expect(line.correlationId).toEqual(expect.any(String))
  }
  const text = JSON.stringify(lines)
  for (const word of [...CONTENT, 'canary-token']) expect(text).not.toContain(word)
})
