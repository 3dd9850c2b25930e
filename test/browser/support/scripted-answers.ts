import type { AgentEvent, ToolCallNote } from '../../../src/agent/agent-events.ts'
import { EMPTY_FOOTER, type Step } from './fake-sidecar.ts'

const RUN = { threadId: 'conversation-1', runId: 'run-1' } as const

export const started = (runId: string): AgentEvent => ({ type: 'RUN_STARTED', ...RUN, runId })
export const finished = (runId: string): AgentEvent => ({ type: 'RUN_FINISHED', ...RUN, runId })

export const labModel: AgentEvent = {
  type: 'CUSTOM',
  name: 'model',
  value: { name: 'Lab model', isLab: true }
}

/** One tool call from start to facts. */
export function toolCall(
  id: string,
  name: string,
  args: unknown,
  result: string,
  note: Partial<ToolCallNote> = {}
): Step[] {
  return [
    { type: 'TOOL_CALL_START', toolCallId: id, toolCallName: name },
    { type: 'TOOL_CALL_ARGS', toolCallId: id, delta: JSON.stringify(args) },
    { type: 'TOOL_CALL_END', toolCallId: id },
    {
      type: 'TOOL_CALL_RESULT',
      messageId: `result-${id}`,
      toolCallId: id,
      content: result,
      role: 'tool'
    },
    {
      type: 'CUSTOM',
      name: 'tool_call',
      value: {
        toolCallId: id,
        server: 'nautobot',
        isError: false,
        durationMs: 14,
        rows: 3,
        links: [],
        ...note
      }
    }
  ]
}

/** Text in deltas of a few characters, as a model streams it. */
export function text(id: string, markdown: string, deltaChars = 7, waitMs = 0): Step[] {
  const steps: Step[] = [{ type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' }]
  for (let at = 0; at < markdown.length; at += deltaChars) {
    if (waitMs > 0) steps.push({ waitMs })
    const delta = markdown.slice(at, at + deltaChars)
    steps.push({ type: 'TEXT_MESSAGE_CONTENT', messageId: id, delta })
  }
  return [...steps, { type: 'TEXT_MESSAGE_END', messageId: id }]
}

export const TABLE_ANSWER = `There are **21 devices** at AMS01, by role:

| Role | Devices | Share | Platform |
|---|---:|---:|---|
| access-switch | 9 | 43 % | Cisco IOS-XE |
| distribution-switch | 4 | 19 % | Arista EOS |
| firewall | 2 | 10 % | Palo Alto PAN-OS |
| console-server | 6 | 29 % | Opengear |

Three of them have no primary address:

1. \`ams01-con-01\`, a *console server* in rack **R07**
2. \`ams01-con-02\` in rack **R08**
3. \`ams01-acc-09\`, planned since March

To list them yourself:

\`\`\`graphql
query {
  devices(location: ["AMS01"], has_primary_ip: false) {
    name
    role { name }
    rack { name }
  }
}
\`\`\`

> Planned devices are counted too.`

/** A whole answer as a good run gives it. */
export function goodRun(runId: string, waitMs = 0): Step[] {
  return [
    started(runId),
    labModel,
    ...toolCall(
      `${runId}-c1`,
      'count',
      { model: 'dcim.device', filters: { location: ['AMS01'] }, group_by: 'role' },
      '{"count": 21, "groups": [{"value": "access-switch", "count": 9}]}',
      { rows: 21, durationMs: 14, links: [EVIDENCE[0]] }
    ),
    ...toolCall(
      `${runId}-c2`,
      'find',
      {
        model: 'dcim.device',
        filters: { location: ['AMS01'], has_primary_ip: false },
        fields: ['name', 'role', 'rack']
      },
      '[{"name": "ams01-con-01"}, {"name": "ams01-con-02"}, {"name": "ams01-acc-09"}]',
      { rows: 3, durationMs: 1_310, links: [EVIDENCE[1]] }
    ),
    ...text(`${runId}-t1`, TABLE_ANSWER, 7, waitMs),
    {
      type: 'CUSTOM',
      name: 'footer',
      value: {
        evidence: EVIDENCE,
        gaps: [
          'The MCP server “Ticketing” did not answer: its tools were not used.',
          'The list was cut at 25 of 310 devices.'
        ],
        usage: {
          modelCalls: 3,
          toolCalls: 2,
          inputTokens: 2_412,
          outputTokens: 418,
          durationMs: 2_730
        },
        incomplete: false
      }
    },
    finished(runId)
  ]
}

const EVIDENCE = [
  {
    label: '21 devices at AMS01',
    url: 'http://127.0.0.1:8080/dcim/devices/?location=AMS01&clear_view=true'
  },
  {
    label: '3 devices without a primary address at AMS01',
    url: 'http://127.0.0.1:8080/dcim/devices/?location=AMS01&has_primary_ip=false&clear_view=true'
  }
] as const

/** A run whose model failed in mid-answer. */
export function failedRun(runId: string): Step[] {
  const error = {
    code: 'MODEL_RATE_LIMITED',
    message: 'The model provider limits the rate.',
    retryable: true
  } as const
  return [
    started(runId),
    ...toolCall(
      `${runId}-c1`,
      'observability__query_range',
      { query: 'up{site="AMS01"}', step: '30s' },
      'The server answered 500: upstream timed out',
      { isError: true, durationMs: 30_000, server: 'Observability' }
    ),
    ...text(`${runId}-t1`, 'The interface counters at AMS01 show'),
    { type: 'CUSTOM', name: 'error', value: error },
    { type: 'CUSTOM', name: 'footer', value: { ...EMPTY_FOOTER, incomplete: true } },
    { type: 'RUN_ERROR', message: error.message, code: error.code }
  ]
}
