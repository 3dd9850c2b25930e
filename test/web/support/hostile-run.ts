import type { AgentEvent } from '../../../src/agent/agent-events.ts'

function progressOf(toolCallId: string, message: string) {
  return { toolCallId, progress: 1, total: 2, message }
}

/** A run that carries the payload in everything that comes from outside: text, tools, names, links, gaps. */
export function hostileRun(runId: string, payload: string): AgentEvent[] {
  const links = [
    { label: payload, url: 'https://nautobot.example/dcim/devices/' },
    { label: 'label', url: payload }
  ]
  return [
    { type: 'RUN_STARTED', threadId: 'conversation-1', runId },
    { type: 'CUSTOM', name: 'model', value: { name: payload, isLab: false } },
    {
      type: 'CUSTOM',
      name: 'compacted',
      value: { messageId: `${runId}-s`, messages: 2, summary: payload }
    },
    { type: 'TOOL_CALL_START', toolCallId: `${runId}-c`, toolCallName: payload },
    {
      type: 'TOOL_CALL_ARGS',
      toolCallId: `${runId}-c`,
      delta: JSON.stringify({ [payload]: payload })
    },
    { type: 'TOOL_CALL_END', toolCallId: `${runId}-c` },
    { type: 'CUSTOM', name: 'tool_progress', value: progressOf(`${runId}-c`, payload) },
    {
      type: 'TOOL_CALL_RESULT',
      messageId: `${runId}-r`,
      toolCallId: `${runId}-c`,
      content: payload,
      role: 'tool'
    },
    {
      type: 'CUSTOM',
      name: 'tool_call',
      value: {
        toolCallId: `${runId}-c`,
        server: payload,
        isError: false,
        durationMs: 1,
        rows: 1,
        links
      }
    },
    { type: 'TEXT_MESSAGE_START', messageId: `${runId}-t`, role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: `${runId}-t`, delta: payload },
    { type: 'TEXT_MESSAGE_END', messageId: `${runId}-t` },
    {
      type: 'CUSTOM',
      name: 'footer',
      value: {
        evidence: links,
        gaps: [payload],
        usage: { modelCalls: 1, toolCalls: 1, inputTokens: 1, outputTokens: 1, durationMs: 1 },
        incomplete: false
      }
    },
    { type: 'RUN_FINISHED', threadId: 'conversation-1', runId }
  ]
}
