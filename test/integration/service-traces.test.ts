import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, refuse, say, sinceLastQuestion } from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  type CollectedSpan,
  startTraceCollector,
  type TraceCollector,
  treeOf
} from '../support/trace-collector.ts'
import { whenRun } from './support/approvals.ts'
import { send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const CALLER_SPAN = 'b7ad6b7169203331'
const traceparent = `00-${TRACE_ID}-${CALLER_SPAN}-01`
const CANARIES = {
  modelKey: 'canary-model-key-1b7e',
  mcpToken: 'canary-mcp-token-2c8f',
  redis: 'canary-redis-3d90',
  collector: 'canary-collector-4ea1',
  query: 'canary-query-71d4',
  question: 'canary-question-82e5',
  argument: 'canary-argument-93f6',
  answer: 'canary-answer-04a7',
  path: 'canary-path-15b8'
}

let model: ScriptedModel
let tools: FaultMcpServer
let collector: TraceCollector
let redis: RunningRedis
let service: LabSidecar

async function start(env: Readonly<Record<string, string>> = {}): Promise<LabSidecar> {
  return startLabSidecar(model.url, {
    OPENAI_API_KEY: CANARIES.modelKey,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${CANARIES.collector}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    AI_OPS_MCP_SERVERS: JSON.stringify([
      { name: 'tools', url: tools.url, token: CANARIES.mcpToken, readOnlyTools: ['*'] },
      { name: 'careful', url: `${tools.url}/careful`, token: CANARIES.mcpToken }
    ]),
    ...env
  })
}

/** On a busy machine the first question does not wait for the tools of MCP servers. */
async function whenToolsAreKnown({ url }: LabSidecar): Promise<void> {
  model.answer(() => [say('Hello.')])
  const askAll = async () => {
    await send(url, { body: { message: 'Hello?' } })
    const offered = JSON.stringify(model.requests.at(-1)?.body.tools)
    if (!/tools_echo.*careful_echo|careful_echo.*tools_echo/.test(offered)) throw new Error(offered)
  }
  await vi.waitFor(askAll, { timeout: 20_000, interval: 500 })
}

beforeAll(async () => {
  model = await startScriptedModel({})
  tools = await startFaultMcpServer()
  collector = await startTraceCollector()
  redis = await startRedis({ settings: ['--requirepass', CANARIES.redis] })
  service = await start({ REDIS_URL: `redis://:${CANARIES.redis}@127.0.0.1:${redis.port}/0` })
  await whenToolsAreKnown(service)
})

afterAll(async () => {
  await service.stop()
  await collector.stop()
  await tools.stop()
  await model.stop()
  await redis.stop()
})

const message = `How many devices are there? ${CANARIES.question}`

/** Two tools side by side, then an answer. */
function answerWithTools(): void {
  model.answer((request) =>
    sinceLastQuestion(request).length > 0
      ? [say(CANARIES.answer)]
      : [
          callTool('find', { model: 'dcim.device', limit: 2 }),
          callTool('tools_echo', { text: CANARIES.argument })
        ]
  )
}

/** The spans of one trace, once one of this name has ended as often, and was sent. */
async function traceOf(id: string, name = 'POST /api/v1/chat', times = 1) {
  const ofTrace = () => collector.spans.filter(({ traceId }) => traceId === id)
  const ended = () => ofTrace().filter((span) => span.name === name).length
  await expect.poll(ended, { timeout: 15_000 }).toBeGreaterThanOrEqual(times)
  return ofTrace()
}

function named(spans: readonly CollectedSpan[], name: string): CollectedSpan[] {
  return spans.filter((span) => span.name === name)
}

const isScript = ({ name }: CollectedSpan) => name.startsWith('EVALSHA ')

test('a question is one trace, from whoever asks down to each server', async () => {
  answerWithTools()
  const answer = await send(service.url, { body: { message }, headers: { traceparent } })
  expect(answer.status).toBe(200)
  const spans = await traceOf(TRACE_ID)
  const [request] = named(spans, 'POST /api/v1/chat')
  const [run] = named(spans, 'invoke_agent nautobot-ai-ops')
  expect(request).toMatchObject({
    parentSpanId: CALLER_SPAN,
    attributes: { 'http.route': '/api/v1/chat', 'http.response.status_code': 200 }
  })
  expect(run).toMatchObject({
    parentSpanId: request?.spanId,
    attributes: { 'ai_ops.run.id': answer.headers.get('x-run-id'), 'ai_ops.run.state': 'succeeded' }
  })
  const ofRun = spans.filter(({ parentSpanId }) => parentSpanId === run?.spanId)
  const calls = ofRun.map(({ name }) => name).filter((name) => !/^(EVALSHA|GET) /.test(name))
  // The tools run side by side.
  expect(calls.toSorted()).toEqual([
    ...['chat scripted', 'chat scripted'],
    ...['execute_tool find', 'execute_tool tools_echo']
  ])
  expect(named(spans, 'chat scripted').map(({ attributes }) => attributes)).toMatchObject([
    { 'gen_ai.response.finish_reasons': ['tool_calls'], 'gen_ai.usage.input_tokens': 10 },
    { 'gen_ai.response.finish_reasons': ['stop'], 'gen_ai.response.model': 'scripted' }
  ])
  const [find] = named(spans, 'execute_tool find')
  expect(find?.attributes).toMatchObject({
    'ai_ops.tool.server': 'nautobot',
    'ai_ops.tool.rows': 2
  })
  expect(treeOf(spans, find?.spanId)).toContain('POST /api/graphql/')
  expect(spans.filter(isScript).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['EVALSHA claim', 'EVALSHA put', 'EVALSHA end-run'])
  )
  expect(collector.headers()['x-api-key']).toBe(CANARIES.collector)
  expect(collector.resource()).toMatchObject({
    'service.name': 'nautobot-ai-ops',
    'deployment.environment.name': 'test'
  })
})

test('MCP servers are told the span that calls them, and models are told nothing', async () => {
  const [echo] = named(await traceOf(TRACE_ID), 'execute_tool tools_echo')
  const call = tools.asked('tools/call').at(-1)
  expect(call?.headers.traceparent).toBe(`00-${TRACE_ID}-${echo?.spanId}-01`)
  expect(JSON.stringify(model.requests.map(({ headers }) => headers))).not.toContain(TRACE_ID)
  expect(service.logs()).toContain(`"trace_id":"${TRACE_ID}"`)
})

test('what goes on after a person has decided belongs to the trace of the question', async () => {
  model.answer((request) =>
    sinceLastQuestion(request).length > 0
      ? [say('Done.')]
      : [callTool('careful_echo', { text: CANARIES.argument })]
  )
  const id = '1af7651916cd43dd8448eb211c80319c'
  const asked = await send(service.url, {
    body: { message },
    headers: { traceparent: `00-${id}-${CALLER_SPAN}-01` }
  })
  const runId = asked.headers.get('x-run-id') ?? ''
  const waiting = await whenRun(service.url, runId, { headers: {}, states: ['waiting'] })
  const decisions = waiting.approvals.map(({ toolCallId }) => ({ toolCallId, decision: 'approve' }))
  const path = `/api/v1/runs/${runId}/approvals`
  expect((await send(service.url, { path, body: { decisions } })).status).toBe(200)
  await whenRun(service.url, runId, { headers: {}, states: ['succeeded'] })
  const spans = await traceOf(id, 'invoke_agent nautobot-ai-ops', 2)
  const [request] = named(spans, 'POST /api/v1/chat')
  const runs = named(spans, 'invoke_agent nautobot-ai-ops')
  expect(runs.map(({ parentSpanId }) => parentSpanId)).toEqual([request?.spanId, request?.spanId])
  expect(runs.map(({ attributes }) => attributes['ai_ops.run.attempt'])).toEqual([1, 2])
  const [call] = named(spans, 'execute_tool careful_echo')
  expect(call?.parentSpanId).toBe(runs[1]?.spanId)
})

test('a model that fails, is asked again and fails is told by the code, never in its words', async () => {
  model.answer(() => [refuse(400, { body: { error: { message: CANARIES.modelKey } } })])
  const id = '2af7651916cd43dd8448eb211c80319c'
  await send(service.url, {
    body: { message },
    headers: { traceparent: `00-${id}-${CALLER_SPAN}-01` }
  })
  const spans = await traceOf(id)
  const failed = { isError: true, attributes: { 'error.type': 'MODEL_FAILED' } }
  expect(named(spans, 'chat scripted')[0]).toMatchObject(failed)
  expect(named(spans, 'invoke_agent nautobot-ai-ops')[0]).toMatchObject(failed)
})

test('a request that its caller does not trace is not traced, and says so further down', async () => {
  answerWithTools()
  const id = '3af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${id}-${CALLER_SPAN}-00` }
  expect((await send(service.url, { body: { message }, headers })).status).toBe(200)
  expect(tools.asked('tools/call').at(-1)?.headers.traceparent).toMatch(
    new RegExp(`^00-${id}-.*-00$`)
  )
  // Of a later one: what came before it was sent before it.
  await send(service.url, { body: { message }, headers: { traceparent } })
  await traceOf(TRACE_ID, 'POST /api/v1/chat', 2)
  expect(collector.spans.filter(({ traceId }) => traceId === id)).toEqual([])
})

test('[T14] traces hold no secret, and nothing that was said', async () => {
  answerWithTools()
  const id = '4af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${id}-${CALLER_SPAN}-01` }
  await send(service.url, { path: `/nowhere/${CANARIES.path}?q=${CANARIES.query}`, headers })
  const refused = { ...headers, authorization: `Bearer ${CANARIES.query}` }
  await send(service.url, { path: `/api/v1/chat?q=${CANARIES.query}`, body: {}, headers: refused })
  model.answer((request) =>
    sinceLastQuestion(request).length > 0
      ? [say(CANARIES.answer)]
      : [callTool(CANARIES.argument, {}), callTool('find', { model: CANARIES.argument })]
  )
  await send(service.url, { body: { message }, headers })
  const spans = await traceOf(id, 'POST /api/v1/chat', 2)
  expect(spans.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['POST', 'execute_tool unknown', 'execute_tool find'])
  )
  const words = collector.words()
  expect(Object.values(CANARIES).filter((canary) => words.includes(canary))).toEqual([])
})

test('what was said at the MCP door is in no trace, unless that is asked for', async () => {
  const call = async (url: string, id: string) => {
    const rpc = {
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name: 'describe', arguments: { model: CANARIES.argument } }
    }
    const headers = {
      accept: 'application/json, text/event-stream',
      traceparent: `00-${id}-${CALLER_SPAN}-01`
    }
    const answer = await send(url, { path: '/mcp', headers, body: rpc })
    expect(await answer.text()).toContain('isError')
    const spans = await traceOf(id, 'POST /mcp')
    return named(spans, 'execute_tool describe')[0]?.attributes
  }
  const told = await call(service.url, '7af7651916cd43dd8448eb211c80319c')
  expect(told).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'error.type': 'tool_error'
  })
  expect(collector.words()).not.toContain(CANARIES.argument)
  const telling = await start({ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' })
  const all = await call(telling.url, '8af7651916cd43dd8448eb211c80319c')
  await telling.stop()
  expect(all?.['gen_ai.tool.call.arguments']).toContain(CANARIES.argument)
  expect(all?.['gen_ai.tool.call.result']).toContain('error')
})

test('models and tools are counted each by itself', async () => {
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  for (const line of [
    /ai_ops_model_call_duration_seconds_count\{model="scripted",outcome="ok"\} [1-9]/,
    /ai_ops_model_call_duration_seconds_count\{model="scripted",outcome="MODEL_FAILED"\} 1\b/,
    /ai_ops_model_first_token_seconds_count\{model="scripted"\} [1-9]/,
    /ai_ops_model_tokens_total\{model="scripted",direction="input"\} [1-9]/,
    /ai_ops_tool_call_duration_seconds_count\{origin="nautobot",tool="find",outcome="ok"\} [1-9]/,
    /ai_ops_tool_call_duration_seconds_count\{origin="mcp",tool="tools_echo",outcome="ok"\} [1-9]/,
    /ai_ops_tool_call_duration_seconds_count\{origin="mcp",tool="unknown",outcome="error"\} 1\b/,
    /ai_ops_trace_spans_total\{outcome="sent"\} [1-9]/
  ]) {
    expect(metrics).toMatch(line)
  }
  expect(metrics).not.toContain(CANARIES.argument)
})

test('what was said is told when that is asked for, without secrets, and sent before the end', async () => {
  const telling = await start({
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
    OTEL_BSP_SCHEDULE_DELAY: '60000'
  })
  await whenToolsAreKnown(telling)
  const id = '5af7651916cd43dd8448eb211c80319c'
  model.answer((request) =>
    sinceLastQuestion(request).length > 0
      ? [say(CANARIES.answer)]
      : [callTool('tools_echo', { text: 'enable secret canary-configured-26c9' })]
  )
  await send(telling.url, {
    body: { message },
    headers: { traceparent: `00-${id}-${CALLER_SPAN}-01` }
  })
  // Long before the next batch is due.
  await telling.stop()
  const spans = collector.spans.filter(({ traceId }) => traceId === id)
  const [, last] = named(spans, 'chat scripted')
  expect(last?.attributes['gen_ai.input.messages']).toContain(CANARIES.question)
  expect(last?.attributes['gen_ai.output.messages']).toContain(CANARIES.answer)
  const [echo] = named(spans, 'execute_tool tools_echo')
  expect(echo?.attributes['gen_ai.tool.call.arguments']).toContain('enable secret [hidden]')
  expect(echo?.attributes['gen_ai.tool.call.result']).toContain('[hidden]')
  const secrets = [CANARIES.modelKey, CANARIES.mcpToken, 'canary-configured-26c9']
  expect(secrets.filter((secret) => collector.words().includes(secret))).toEqual([])
})

test('a collector that is gone costs one line and no answer', async () => {
  const gone = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
  model.answer(() => [say(CANARIES.answer)])
  const told = () => gone.logs().split('traces cannot be sent').length - 1
  expect((await send(gone.url, { body: { message } })).status).toBe(200)
  await expect.poll(told, { timeout: 15_000 }).toBe(1)
  expect((await send(gone.url, { body: { message } })).status).toBe(200)
  await gone.stop()
  expect(told()).toBe(1)
})

test('a collector that never answers holds up neither an answer nor the end', async () => {
  collector.answer(0)
  const silent = await start()
  model.answer(() => [say(CANARIES.answer)])
  const startedAt = performance.now()
  expect((await send(silent.url, { body: { message } })).status).toBe(200)
  await silent.stop()
  expect(performance.now() - startedAt).toBeLessThan(9_000)
})
