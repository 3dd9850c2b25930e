import { HumanMessage } from '@langchain/core/messages'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { executeRun } from '../../../src/runs/run-execution.ts'
import { createRunQueue } from '../../../src/runs/run-queue.ts'
import type { TakenOverRun } from '../../../src/runs/shared-runs.ts'
import { takenOverExecution } from '../../../src/runs/taken-over.ts'
import { startAgentFixture } from '../../support/agent-fixture.ts'
import { createFakePen, type FakePen } from '../../support/fake-pen.ts'
import { say } from '../../support/model-steps.ts'
import { CONVERSATION_ID, MODEL, recordOf, STARTED, saying } from '../../support/run-events.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({ respond: () => [say('Seven.')] })
})
afterEach(() => model.stop())

const EARLIER: AgentEvent[] = [STARTED, MODEL, ...saying('m1', 'Half an ans').slice(0, 2)]

function takenOver(pen: FakePen, change: Partial<TakenOverRun> = {}): TakenOverRun {
  const grant = new Secret('grant-of-jane')
  return {
    record: recordOf(),
    fence: '2',
    pen,
    earlier: EARLIER,
    ...{ isCancelled: false, isLapsed: false, waits: 0 },
    grant,
    ...change
  }
}

/** Goes on with a run whose first attempt said half an answer. */
async function goOn(
  run: Partial<TakenOverRun>,
  { attempt = 2, refusal, refusals = 1 }: Broken = {}
) {
  const fixture = startAgentFixture({ url: model.url })
  const { agent, checkpointer } = fixture
  const seen: Parameters<typeof agent.prepare>[0][] = []
  const prepare: typeof agent.prepare = async (wishes, context) => {
    seen.push(wishes)
    if (refusal && seen.length <= refusals) throw refusal
    return agent.prepare(wishes, context)
  }
  const queue = createRunQueue({
    maxRuns: 1,
    maxRunsPerUser: 1,
    maxQueuedRuns: 0,
    maxQueuedRunsPerUser: 0
  })
  const pen = createFakePen({ attempt })
  const parts = { agent: { prepare }, queue, maxRunMs: 5_000 }
  const execution = takenOverExecution(takenOver(pen, run), parts)
  const hasEnded = await executeRun(execution, {
    agent,
    maxFormWaitMs: 60_000,
    settle: async (id) => checkpointer.prune(id),
    onBroken: (error) => {
      throw error
    }
  })
  const stored = await storedMessages(checkpointer, CONVERSATION_ID)
  return { ...pen, hasEnded, seen, stored: stored.map(({ text }) => text), queue }
}

interface Broken {
  readonly attempt?: number
  readonly refusal?: AppError
  /** How often. */
  readonly refusals?: number
}

it('goes on as the same user, with the grant that was kept and what was wished', async () => {
  const { hasEnded, outcome, seen, queue } = await goOn({})

  expect(hasEnded).toBe(true)
  expect(outcome).toMatchObject({ state: 'succeeded', response: 'Seven.' })
  expect(seen).toHaveLength(1)
  expect(seen[0]?.caller).toMatchObject({ id: 'jane', username: 'jane' })
  const credential = seen[0]?.caller.credential
  expect(credential?.kind === 'grant' && credential.token.reveal()).toBe('grant-of-jane')
  expect(queue.hasRoom()).toBe(true)
})

it('goes on without a server that was chosen and is gone since, and says so', async () => {
  const choice = { mcpServers: [{ id: 'server-9', name: 'tickets' }] }
  const record = recordOf({ mcpServers: ['server-9'], choice })
  const { outcome } = await goOn({ record })

  expect(outcome).toMatchObject({ state: 'succeeded', response: 'Seven.' })
  expect(outcome.footer?.gaps).toEqual(['tickets could not be asked: it is not there any more.'])
  const older = await goOn({ record: recordOf({ mcpServers: ['server-9'] }) })
  expect(older.outcome).toMatchObject({ state: 'interrupted', error: { code: 'RUN_INTERRUPTED' } })
})

it('is interrupted when it was begun too often, and keeps what was shown', async () => {
  const { outcome, seen, written, stored } = await goOn({}, { attempt: 6 })

  expect(seen).toEqual([])
  expect(outcome).toMatchObject({ state: 'interrupted', error: { code: 'RUN_INTERRUPTED' } })
  expect(outcome.error?.message).toMatch(/begun 5 times/)
  expect(written[0]).toEqual({ type: 'TEXT_MESSAGE_END', messageId: 'm1' })
  expect(stored.at(-1)).toBe('Half an ans')
})

it('waits for a Nautobot that is away, and goes on when it is back', async () => {
  const refusal = new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot does not answer.')
  const { outcome, seen } = await goOn({}, { refusal, refusals: 2 })

  expect(seen).toHaveLength(3)
  expect(outcome).toMatchObject({ state: 'succeeded', response: 'Seven.' })
})

it('does not count the attempts that ended in a wait', async () => {
  const { outcome } = await goOn({ waits: 4 }, { attempt: 9 })
  expect(outcome.state).toBe('succeeded')
})

it('ends by its name when nobody has decided in time', async () => {
  const { outcome, seen } = await goOn({ isLapsed: true, waits: 1 })

  expect(seen).toEqual([])
  expect(outcome).toMatchObject({ state: 'failed', error: { code: 'APPROVAL_LAPSED' } })
})

it('is begun a fifth time', async () => {
  const { outcome } = await goOn({}, { attempt: 5 })
  expect(outcome.state).toBe('succeeded')
})

it('is interrupted when the grant is refused, and says to sign in again', async () => {
  const refusal = new AppError('UNAUTHENTICATED', 'Sign in to Nautobot again.')
  const { outcome, stored } = await goOn({}, { refusal })

  expect(outcome).toMatchObject({ state: 'interrupted', error: { code: 'RUN_INTERRUPTED' } })
  expect(outcome.error?.message).toMatch(/could not be taken up again: Sign in to Nautobot again/)
  expect(stored).toEqual([new HumanMessage(stored[0] ?? '').text, 'Half an ans'])
  expect(stored[0]).toContain('How many?')
})

it('is stopped when it was cancelled before it was taken over', async () => {
  const { outcome, seen, stored } = await goOn({ isCancelled: true })

  expect(seen).toEqual([])
  expect(outcome).toMatchObject({ state: 'stopped', error: undefined })
  expect(stored.at(-1)).toBe('Half an ans')
  expect(model.requests).toHaveLength(0)
})
