import { expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { createLoneRuns } from '../../../src/runs/lone-runs.ts'
import { createMemoryRunStore } from '../../../src/runs/memory-run-store.ts'
import { CONVERSATION_ID, recordOf } from '../../support/run-events.ts'
import { testWaitingRuns } from '../../support/run-waiting-suite.ts'

const WAIT_MS = 24 * 3_600_000

async function open() {
  let now = 1_000
  let isTaken = true
  const store = createMemoryRunStore({
    maxKeptRuns: 10,
    maxKeptCharacters: 100_000,
    keepMs: 60_000,
    approvalWaitMs: WAIT_MS,
    release: async () => {
      isTaken = false
    },
    now: () => now
  })
  const opening = { record: recordOf(), fence: undefined, grant: new Secret('first') }
  return {
    ...{ store, other: store, shared: createLoneRuns(store), conversationId: CONVERSATION_ID },
    pen: await store.open(opening),
    async elapse() {
      now += WAIT_MS
    },
    async claim() {
      if (isTaken) throw new AppError('CONVERSATION_BUSY', 'It is taken.')
    }
  }
}

testWaitingRuns(open)

it('waits for exactly as long as it may', async () => {
  const { pen, shared, elapse } = await open()
  await elapse()
  await pen.wait({
    type: 'CUSTOM',
    name: 'approval_requested',
    value: {
      actions: [{ toolCallId: 'a', name: 'a', server: 's', arguments: {}, hash: 'h' }],
      lapsesAt: ''
    }
  })

  expect(await shared.lapsed(10)).toEqual([])
  await elapse()
  expect(await shared.lapsed(10)).toEqual([CONVERSATION_ID])
})
