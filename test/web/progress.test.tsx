import { expect, test } from 'vitest'
import type { AgentEvent, ToolProgressNote } from '../../src/agent/agent-events.ts'
import { fold } from '../../src/web/fold.ts'
import { emptyAnswer, type ToolPart } from '../../src/web/message.ts'
import { ToolSteps } from '../../src/web/ToolSteps.tsx'
import { progressWords } from '../../src/web/tool-words.ts'
import { findings } from './support/findings.ts'
import { PAYLOADS } from './support/payloads.ts'
import { render } from './support/render.tsx'

const begun: AgentEvent[] = [
  { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
  { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'backup_copy' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{}' },
  { type: 'TOOL_CALL_END', toolCallId: 'c1' }
]
const told = (value: Omit<ToolProgressNote, 'toolCallId'>): AgentEvent => ({
  ...{ type: 'CUSTOM', name: 'tool_progress' },
  value: { toolCallId: 'c1', ...value }
})
const ended: AgentEvent[] = [
  { type: 'TOOL_CALL_RESULT', messageId: 'r', toolCallId: 'c1', content: 'ok', role: 'tool' },
  {
    ...{ type: 'CUSTOM', name: 'tool_call' },
    value: { toolCallId: 'c1', server: 'backup', isError: false, durationMs: 9, links: [] }
  }
]

function shown(events: readonly AgentEvent[]) {
  const { parts } = [...begun, ...events].reduce(fold, emptyAnswer('a', 'q'))
  return render(<ToolSteps parts={parts as readonly ToolPart[]} />)
}

test('a step shows the newest progress of its call as a named bar and in words', () => {
  using rendered = shown([
    told({ progress: 1, total: 10 }),
    told({ progress: 3, total: 10, message: 'copying configuration' })
  ])
  const bars = [...rendered.container.querySelectorAll('progress')]
  expect(bars.map((bar) => [bar.value, bar.max, bar.ariaLabel])).toEqual([
    [3, 10, 'Progress of Backup copy']
  ])
  expect(bars[0]?.closest('button, [aria-live]:not([aria-live=off]), [role=status]')).toBeNull()
  expect(rendered.container.querySelector('.step-progress')?.textContent).toBe(
    '3 of 10 · copying configuration'
  )
})

test('without a total, the bar says only that something moves', () => {
  using rendered = shown([told({ progress: 3, message: 'copying' })])
  const bar = rendered.container.querySelector('progress')
  expect(bar?.hasAttribute('value')).toBe(false)
  expect(rendered.container.querySelector('.step-progress')?.textContent).toBe('copying')
})

test('a call that has ended, or whose run has, shows none; nor does one that tells of it too late', () => {
  const progress = told({ progress: 3, total: 10 })
  const stopped: AgentEvent = { type: 'RUN_FINISHED', threadId: 'thread', runId: 'run' }
  for (const events of [[], [progress, ...ended], [...ended, progress], [progress, stopped]]) {
    using rendered = shown(events)
    expect(rendered.container.querySelector('.step')).not.toBeNull()
    expect(rendered.container.querySelector('progress')).toBeNull()
  }
})

test.each(PAYLOADS)('[S7] %j stays text beside the bar', (message) => {
  using rendered = shown([told({ progress: 1, total: 2, message })])
  expect(rendered.container.querySelector('bdi')?.textContent).toBe(message)
  expect(findings(rendered.container)).toEqual([])
})

test.each([
  [3, 10, '3 of 10'],
  [0, 10, '0 of 10'],
  [1_500, 120_000, '1,500 of 120,000'],
  [0.333, 1, '33 %'],
  [1, 1, '100 %'],
  [5, undefined, '']
])('%d of %s is said as %j', (progress, total, words) => {
  expect(progressWords(progress, total)).toBe(words)
})
