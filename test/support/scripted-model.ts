import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ModelRequest, type ModelStep, type Respond, refuse } from './model-steps.ts'

export interface ScriptedModelOptions {
  /** Steps come from `model-steps.ts`. The n-th request gets the n-th answer; a request too many gets a 500 that says so. */
  readonly script?: readonly (readonly ModelStep[])[]
  readonly respond?: Respond
}

export interface ScriptedModel {
  /** `http://127.0.0.1:<port>`: the endpoint of Azure OpenAI. */
  readonly endpoint: string
  /** `endpoint` + `/v1`: the base address of an OpenAI-compatible server. */
  readonly url: string
  readonly requests: readonly ModelRequest[]
  /** Replaces what the model answers from the next request on. */
  answer(respond: Respond): void
  stop(): Promise<void>
}

/**
 * A model provider that does what it is told, at the wire: chat completions, streamed or not, for OpenAI-compatible
 * paths and Azure's deployments. Usage is 10 tokens in and one out per chunk.
 */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const requests: ModelRequest[] = []
  let respond: Respond = options.respond ?? ((_request, index) => scripted(options.script, index))
  const server = createServer((incoming, response) => {
    void serve(incoming, response).catch(() => response.destroy())
  })

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming)
    if (!/\/chat\/completions(\?|$)/.test(incoming.url ?? '')) {
      return writeRefusal(response, 404, {}, '{"error":{"message":"Resource not found"}}')
    }
    const request = record(incoming, response, body)
    const index = requests.push(request) - 1
    await writeAnswer(request, response, await respond(request, index))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    url: `${endpoint}/v1`,
    requests,
    answer: (next) => {
      respond = next
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

function scripted(script: ScriptedModelOptions['script'], index: number): readonly ModelStep[] {
  const message = `The script has no answer for request ${index + 1}.`
  return script?.[index] ?? [refuse(500, { body: { error: { message } } })]
}

async function readBody(incoming: IncomingMessage): Promise<ModelRequest['body']> {
  const text = (await incoming.toArray()).join('')
  return text ? JSON.parse(text) : { messages: [] }
}

/** Responses that the script destroyed. */
const CUT = new WeakSet<ServerResponse>()

function record(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: ModelRequest['body']
): ModelRequest {
  const request: ModelRequest = {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    closedByClient: false,
    ended: once(response, 'close').then(() => {
      request.closedByClient = !response.writableEnded && !CUT.has(response)
    })
  }
  return request
}

function destroy(response: ServerResponse): void {
  CUT.add(response)
  response.destroy()
}

async function writeAnswer(
  request: ModelRequest,
  response: ServerResponse,
  steps: readonly ModelStep[]
): Promise<void> {
  if (request.body.stream) return writeStream(request, response, steps)
  const first = steps[0]
  if (first?.kind === 'refuse') {
    return writeRefusal(response, first.status, first.headers, first.body)
  }
  if (first?.kind === 'silence') return
  if (first?.kind === 'cut') return destroy(response)
  for (const step of steps) if (step.kind === 'pause') await sleep(step.ms)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(wholeAnswer(request, steps)))
}

function wholeAnswer(request: ModelRequest, steps: readonly ModelStep[]): unknown {
  const chunks = steps.flatMap((step) => (step.kind === 'say' ? step.chunks : []))
  const calls = steps.filter((step) => step.kind === 'call-tool')
  const toolCalls = calls.map(({ name, args }, index) => toolCall(request, index, name, args))
  const message = {
    role: 'assistant',
    content: chunks.join(''),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls })
  }
  return {
    ...envelope(request, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }],
    usage: usage(chunks.length)
  }
}

interface Stream {
  readonly request: ModelRequest
  readonly response: ServerResponse
  chunks: number
  calls: number
}

/** Answers whether the next step follows. */
type Performer = (stream: Stream, step: never) => boolean | Promise<boolean>

const PERFORMERS: Readonly<Record<ModelStep['kind'], Performer>> = {
  refuse: ({ response }, { status, headers, body }: ModelStep & { kind: 'refuse' }) => {
    writeRefusal(response, status, headers, body)
    return false
  },
  silence: () => false,
  cut: ({ response }) => {
    destroy(response)
    return false
  },
  'end-early': ({ response }) => {
    response.end()
    return false
  },
  pause: async (_stream, { ms }: ModelStep & { kind: 'pause' }) => {
    await sleep(ms)
    return true
  },
  raw: ({ response }, { text }: ModelStep & { kind: 'raw' }) => {
    startStream(response)
    response.write(text)
    return true
  },
  finish: (stream, { reason }: ModelStep & { kind: 'finish' }) => {
    finishStream(stream, reason)
    return false
  },
  say: async (stream, { chunks, delayMs }: ModelStep & { kind: 'say' }) => {
    for (const content of chunks) {
      if (stream.chunks > 0 && delayMs > 0) await sleep(delayMs)
      writeDelta(stream, stream.chunks === 0 ? { role: 'assistant', content } : { content })
      stream.chunks += 1
    }
    return true
  },
  'call-tool': (stream, { name, args }: ModelStep & { kind: 'call-tool' }) => {
    const index = stream.calls
    const call = toolCall(stream.request, index, name, '')
    writeDelta(stream, { role: 'assistant', tool_calls: [{ index, ...call }] })
    const half = Math.ceil(args.length / 2)
    for (const piece of [args.slice(0, half), args.slice(half)]) {
      writeDelta(stream, { tool_calls: [{ index, function: { arguments: piece } }] })
    }
    stream.calls += 1
    return true
  }
}

async function writeStream(
  request: ModelRequest,
  response: ServerResponse,
  steps: readonly ModelStep[]
): Promise<void> {
  const stream: Stream = { request, response, chunks: 0, calls: 0 }
  for (const step of steps) {
    if (response.destroyed || !(await PERFORMERS[step.kind](stream, step as never))) return
  }
  finishStream(stream, stream.calls > 0 ? 'tool_calls' : 'stop')
}

function finishStream({ request, response, chunks }: Stream, reason: string): void {
  const choices = [{ index: 0, delta: {}, finish_reason: reason }]
  writeEvent(response, { ...envelope(request, 'chat.completion.chunk'), choices })
  const options = request.body.stream_options as { include_usage?: boolean } | undefined
  if (options?.include_usage) {
    const last = {
      ...envelope(request, 'chat.completion.chunk'),
      choices: [],
      usage: usage(chunks)
    }
    writeEvent(response, last)
  }
  response.end('data: [DONE]\n\n')
}

function writeDelta({ request, response }: Stream, delta: unknown): void {
  const choices = [{ index: 0, delta, finish_reason: null }]
  writeEvent(response, { ...envelope(request, 'chat.completion.chunk'), choices })
}

function writeEvent(response: ServerResponse, data: unknown): void {
  startStream(response)
  response.write(`data: ${JSON.stringify(data)}\n\n`)
}

function startStream(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
}

function writeRefusal(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string
): void {
  response.writeHead(status, headers).end(body)
}

function envelope(request: ModelRequest, object: string): Readonly<Record<string, unknown>> {
  return { id: 'chatcmpl-scripted', object, created: 1, model: request.body.model ?? 'scripted' }
}

/** Ids differ between the messages of a conversation, as a provider's do. */
function toolCall(request: ModelRequest, index: number, name: string, args: string) {
  const id = `call_${request.body.messages.length}_${index}`
  return { id, type: 'function', function: { name, arguments: args } }
}

function usage(chunks: number): unknown {
  return { prompt_tokens: 10, completion_tokens: chunks, total_tokens: 10 + chunks }
}
