import type { LookedUpStep, RunView } from '../../../src/web/api.ts'

const NAUTOBOT = 'https://nautobot.example.com'
const HEADER = '-H "Authorization: Token $NAUTOBOT_TOKEN"'

export function lookedUpStep(id: string, change: Partial<LookedUpStep> = {}): LookedUpStep {
  return {
    toolCallId: id,
    name: 'count',
    server: 'nautobot',
    arguments: { model: 'dcim.device', filters: { location: ['AMS01'] }, group_by: 'role' },
    progress: undefined,
    result: '{"count": 21}',
    isError: false,
    rows: 21,
    bytes: 1_244,
    links: [],
    durationMs: 14,
    modelCall: 1,
    recipes: {
      curl: `curl -s ${HEADER} '${NAUTOBOT}/api/dcim/devices/?location=AMS01&limit=1'`,
      pynautobot: `import os, pynautobot\nnautobot = pynautobot.api("${NAUTOBOT}", token=os.environ["NAUTOBOT_TOKEN"])\nprint(nautobot.dcim.devices.count(location=["AMS01"]))`,
      graphql: '{ devices(location: ["AMS01"]) { id name } }'
    },
    ...change
  }
}

/** A step of another server: nobody can ask it by hand. */
function foreignStep(id: string, change: Partial<LookedUpStep>): LookedUpStep {
  const { recipes: _, ...step } = lookedUpStep(id, { rows: undefined, isError: true, ...change })
  return step
}

const call = (
  number: number,
  change: Partial<NonNullable<RunView['modelCalls']>[number]> = {}
) => ({
  number,
  model: 'GPT in Azure, second region',
  inputTokens: 1_206 * number,
  cachedInputTokens: 1_024 * (number - 1),
  outputTokens: 41,
  cost: 0.00213 * number,
  durationMs: 812,
  ...change
})

/** A run with all there may be: a stand-in, a price, a failed step, an approval and a rejection. */
export function lookedUpRun(change: Partial<RunView> = {}): RunView {
  const ticket = { queue: 'noc', title: 'ams01-con-01 has no primary address' }
  return {
    state: 'succeeded',
    createdAt: '2026-11-27T01:53:20.000Z',
    endedAt: '2026-11-27T01:53:24.000Z',
    username: 'alice',
    model: 'GPT in Azure, second region',
    standIns: [
      { name: 'GPT in Azure, second region', insteadOf: 'GPT in Azure', reason: 'is busy' }
    ],
    prompt: { name: 'Night shift', version: '3fa9c1e2' },
    question: 'How many devices are at AMS01, by role?',
    steps: [
      lookedUpStep('c1'),
      foreignStep('c2', {
        name: 'observability__query_range',
        server: 'Observability',
        arguments: { query: 'up{site="AMS01"}', step: '30s' },
        result: 'The server answered 500: upstream timed out <b>now</b> https://evil.example/x',
        bytes: 44,
        durationMs: 30_000
      }),
      foreignStep('c3', {
        name: 'tickets__open_ticket',
        server: 'Ticketing',
        arguments: ticket,
        result: 'Rejected',
        bytes: 8,
        durationMs: 0,
        modelCall: 2
      })
    ],
    approvals: [
      {
        toolCallId: 'c3',
        name: 'tickets__open_ticket',
        server: 'Ticketing',
        arguments: ticket,
        lapsesAt: '2026-11-28T01:53:22.000Z',
        decision: 'reject',
        reason: 'Not before the change window.',
        decidedAt: '2026-11-27T01:53:23.000Z'
      }
    ],
    modelCalls: [call(1), call(2), call(3, { cost: 0.0061 })],
    footer: undefined,
    error: undefined,
    ...change
  }
}

/** As many steps as a run may have, each with a call of the model. */
export function longRun(count: number): RunView {
  return lookedUpRun({
    steps: Array.from({ length: count }, (_, index) =>
      lookedUpStep(`c${index}`, { modelCall: index + 1 })
    ),
    approvals: [],
    modelCalls: Array.from({ length: count }, (_, index) => call(1, { number: index + 1 }))
  })
}
