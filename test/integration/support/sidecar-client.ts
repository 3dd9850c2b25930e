import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EventSchemas } from '@ag-ui/core/schemas'
import { expect } from 'vitest'
import type { z } from 'zod'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { ERROR_KINDS } from '../../../src/errors.ts'
import { chatResponseSchema, errorSchema, runViewSchema } from '../../../src/http/schemas.ts'
import { startSteadyClock } from '../../support/steady-clock.ts'

export type ChatAnswer = z.output<typeof chatResponseSchema>
export type RunBody = z.output<typeof runViewSchema>
export type ErrorContent = z.output<typeof errorSchema>['error']

/** One server-sent event of a run, parsed and checked with AG-UI's own schemas. */
export interface ReceivedEvent {
  readonly id: string
  readonly event: AgentEvent
}

interface Sent {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Goes out as it is when it is text or bytes, else as JSON. */
  readonly body?: unknown
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** One request; `POST /api/v1/chat` with JSON unless something else is said. */
export function send(url: string, sent: Sent): Promise<Response> {
  const { path = '/api/v1/chat', method = 'POST', headers, body } = sent
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return fetch(`${url}${path}`, {
    method,
    headers: { ...(body !== undefined && JSON_TYPE), ...headers },
    ...(body !== undefined && { body: isRaw ? (body as BodyInit) : JSON.stringify(body) })
  })
}

/** Asks and waits for the whole answer, which has to be one. */
export async function ask(url: string, body: Readonly<Record<string, unknown>>) {
  const response = await send(url, { body })
  const answer = await response.json()
  expect(answer).not.toHaveProperty('error')
  expect(response.status).toBe(200)
  return chatResponseSchema.parse(answer)
}

interface Operation {
  readonly security?: readonly unknown[]
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const { paths } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../openapi/openapi.json'), 'utf8')
) as { paths: Paths }

/** Every operation of the document, with its path as it is written there. */
export function documentedOperations(): { path: string; method: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  )
}

/** The error of a refusal: the status is its code's, the document declares both, the sentence is one. */
export async function refusalOf(
  response: Response,
  documented: string | undefined = 'post /api/v1/chat'
): Promise<ErrorContent> {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(response.headers.get('x-request-id')).toMatch(/^[\w.-]{1,64}$/)
  const { error } = errorSchema.parse(await response.json())
  expect({ code: error.code, status: response.status }).toEqual({
    code: error.code,
    status: ERROR_KINDS[error.code].status
  })
  expect(error.message).toMatch(/\S.*\.$/s)
  if (documented) expectDocumented(documented, error.code)
  return error
}

function expectDocumented(documented: string, code: keyof typeof ERROR_KINDS): void {
  const [method = '', path = ''] = documented.split(' ')
  const declared = paths[path]?.[method]?.responses[String(ERROR_KINDS[code].status)]
  expect(declared?.description).toContain(`\`${code}\``)
}

/** Opens a stream of events: a new question, or with `path` and `method` that of a run. */
export async function openEvents(url: string, sent: Sent) {
  const headers = { accept: 'text/event-stream', ...sent.headers }
  const response = await send(url, { ...sent, headers })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  return { response, events: readEvents(response) }
}

/** Reads a response to its end, event by event. */
export async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent, void> {
  let rest = ''
  const text = response.body?.pipeThrough(new TextDecoderStream())
  for await (const chunk of text ?? []) {
    const frames = (rest + chunk).split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) if (!frame.startsWith(':')) yield parseFrame(frame)
  }
}

function parseFrame(frame: string): ReceivedEvent {
  const [, id = '', name, data = ''] = /^id: (\d+-\d+)\nevent: (\w+)\ndata: (.*)$/.exec(frame) ?? []
  const event = EventSchemas.parse(JSON.parse(data)) as AgentEvent
  expect(event.type).toBe(name)
  return { id, event }
}

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return await Array.fromAsync(items)
}

/** Reads on until an event of this type; the stream stays open. */
export async function readUntil(
  events: AsyncGenerator<ReceivedEvent, void>,
  type: AgentEvent['type']
): Promise<ReceivedEvent[]> {
  const seen: ReceivedEvent[] = []
  for (let next = await events.next(); !next.done; next = await events.next()) {
    seen.push(next.value)
    if (next.value.event.type === type) return seen
  }
  throw new Error(`The stream ended without ${type}: ${JSON.stringify(seen)}`)
}

export async function viewRun(url: string, runId: string): Promise<RunBody> {
  const response = await fetch(`${url}/api/v1/runs/${runId}`)
  expect(response.status).toBe(200)
  return runViewSchema.parse(await response.json())
}

/** Stops a run: the milliseconds it took, and the run. */
export async function cancelRun(url: string, runId: string) {
  const clock = startSteadyClock()
  const response = await send(url, { path: `/api/v1/runs/${runId}/cancel` })
  const run = runViewSchema.parse(await response.json())
  return { ms: clock.stop(), run }
}

/** The text that the events come to, and the value of one CUSTOM event. */
export function textOf(events: readonly ReceivedEvent[]): string {
  return events
    .map(({ event }) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : ''))
    .join('')
}

export function customValue(events: readonly ReceivedEvent[], name: string): unknown {
  const found = events.find(({ event }) => event.type === 'CUSTOM' && event.name === name)
  return found?.event.type === 'CUSTOM' ? found.event.value : undefined
}
