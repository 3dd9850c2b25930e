import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { transcriptOf } from '../../src/runs/run-transcript.ts'
import { fold } from '../../src/web/fold.ts'
import { type Answer, answerText, emptyAnswer } from '../../src/web/message.ts'
import { FINISHED, QUESTION, RUN_ID, runEvents } from '../support/run-events.ts'

function foldAll(events: readonly AgentEvent[], from = emptyAnswer('a', 'q')): Answer {
  return events.reduce(fold, from)
}

/** What a person sees of it: blocks of Markdown may be cut elsewhere. */
function shown(answer: Answer) {
  return {
    ...answer,
    text: answerText(answer),
    parts: answer.parts.map((part) => (part.kind === 'tool' ? part : part.id))
  }
}

/** Where a log may be cut: after a text, and after the facts about a result. */
function cutsOf(events: readonly AgentEvent[]): number[] {
  return events.flatMap((event, place) =>
    event.type === 'TEXT_MESSAGE_END' || (event.type === 'CUSTOM' && event.name === 'tool_call')
      ? [place + 1]
      : []
  )
}

function cutAt(events: readonly AgentEvent[], place: number): AgentEvent[] {
  const before = events.slice(0, place)
  return [
    { type: 'CUSTOM', name: 'log_cut', value: { runId: RUN_ID } },
    { type: 'MESSAGES_SNAPSHOT', messages: transcriptOf([QUESTION], before) },
    ...before.filter((event) => event.type === 'CUSTOM')
  ]
}

test('a log that was cut anywhere comes to the same answer, for who saw the rest and who did not', () => {
  fc.assert(
    fc.property(runEvents, (events) => {
      const whole = [...events, FINISHED]
      const expected = shown(foldAll(whole))
      for (const place of cutsOf(events)) {
        const rest = [...cutAt(events, place), ...whole.slice(place)]
        const begun = events.slice(0, 1)
        expect(shown(foldAll([...begun, ...rest]))).toEqual(expected)
        const some = events.slice(0, 1 + Math.floor(place / 2))
        expect(shown(foldAll(rest, foldAll(some)))).toEqual(expected)
        expect(shown(foldAll(rest, foldAll(events.slice(0, place))))).toEqual(expected)
      }
    })
  )
})
