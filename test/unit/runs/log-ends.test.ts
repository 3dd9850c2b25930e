import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { withEnds } from '../../../src/runs/log-ends.ts'
import { eventOf, type LoggedEvent } from '../../../src/runs/run.ts'
import { readAsForeignClient } from '../../support/ag-ui-client.ts'
import { toLogged } from '../../support/fake-runs.ts'
import {
  calling,
  FINISHED,
  QUESTION,
  RUN_ID,
  runEvents,
  STARTED,
  saying
} from '../../support/run-events.ts'

function logged(events: readonly AgentEvent[], attempt = 1, first = 1): LoggedEvent[] {
  return events.map((event, place) => toLogged(`${attempt}-${first + place}`, event))
}

async function* from(events: readonly LoggedEvent[]) {
  yield* events
}

const told = (events: readonly LoggedEvent[]) => Array.fromAsync(withEnds(from(events)))

const SNAPSHOT: AgentEvent = { type: 'MESSAGES_SNAPSHOT', messages: [QUESTION] }
const CUT: AgentEvent = { type: 'CUSTOM', name: 'log_cut', value: { runId: RUN_ID } }

it('leaves a whole log as it is', async () => {
  await fc.assert(
    fc.asyncProperty(runEvents, async (events) => {
      const whole = logged([...events, FINISHED])
      expect(await told(whole)).toEqual(whole)
    })
  )
})

it('ends a text and a call that another attempt begins without', async () => {
  const open = [STARTED, ...saying('m1', 'One').slice(0, 2), ...calling('c1', 'm1').slice(0, 2)]
  const seen = await told([...logged(open), ...logged([SNAPSHOT, FINISHED], 2)])

  expect(seen.slice(5)).toEqual([
    toLogged('2-0', { type: 'TEXT_MESSAGE_END', messageId: 'm1' }),
    toLogged('2-0', { type: 'TOOL_CALL_END', toolCallId: 'c1' }),
    ...logged([SNAPSHOT, FINISHED], 2)
  ])
})

it('ends what is open where the log was cut under the hands of its reader', async () => {
  const open = logged([STARTED, ...saying('m1', 'One').slice(0, 2)])
  const seen = await told([...open, ...logged([CUT, SNAPSHOT, FINISHED], 1, 90)])

  expect(seen.map(({ id, type }) => `${id} ${type}`).slice(3)).toEqual([
    '1-90 CUSTOM',
    '1-90 TEXT_MESSAGE_END',
    '1-91 MESSAGES_SNAPSHOT',
    '1-92 RUN_FINISHED'
  ])
})

it('does not tell an end twice, nor that of a part nobody has seen begin', async () => {
  const again: AgentEvent = { type: 'TEXT_MESSAGE_END', messageId: 'm1' }
  const unknown: AgentEvent = { type: 'TOOL_CALL_END', toolCallId: 'c9' }
  const seen = await told([
    ...logged([STARTED, ...saying('m1', 'One')]),
    ...logged([again, unknown, SNAPSHOT, FINISHED], 2)
  ])

  expect(seen.map(eventOf)).toEqual([STARTED, ...saying('m1', 'One'), SNAPSHOT, FINISHED])
})

it('gives a foreign AG-UI client nothing to complain of, wherever one attempt ends', async () => {
  const cases = fc.tuple(runEvents, fc.nat(40), fc.boolean(), runEvents)
  await fc.assert(
    fc.asyncProperty(cases, async ([first, place, isEndKnown, second]) => {
      const attempt = first.slice(0, 1 + (place % first.length))
      const last = attempt.findLast(({ type }) => type === 'TEXT_MESSAGE_START')
      const ends: AgentEvent[] =
        last?.type === 'TEXT_MESSAGE_START' && isEndKnown
          ? [{ type: 'TEXT_MESSAGE_END', messageId: last.messageId }]
          : []
      const next = [...ends, SNAPSHOT, ...renamed(second), FINISHED]
      const seen = await told([...logged(attempt), ...logged(next, 2)])
      expect((await readAsForeignClient(seen.map(eventOf))).failure).toBeUndefined()
    }),
    { numRuns: 50 }
  )
})

/** A new attempt says things under names of its own. */
function renamed(events: readonly AgentEvent[]): AgentEvent[] {
  const text = JSON.stringify(events.slice(1))
  return JSON.parse(text.replaceAll(/"((?:m|c)\d[^"]*|last)"/g, '"$1-2"')) as AgentEvent[]
}
