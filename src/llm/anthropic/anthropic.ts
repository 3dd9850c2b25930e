import { ReadableStream } from 'node:stream/web'
import { isRecord } from '../../platform/json.ts'
import { readText } from '../../platform/read-text.ts'
import type { DescribeProvider } from '../provider.ts'
import { toCompletion } from './completion.ts'
import { toChunks } from './completion-stream.ts'
import { type ChatRequest, toMessagesRequest } from './messages-request.ts'

const PUBLIC_ADDRESS = 'https://api.anthropic.com'
const API_VERSION = '2023-06-01'
const MAX_WHOLE_BYTES = 32 * 1024 * 1024
const CONTEXT_TOO_LONG = /prompt is too long|exceed(s|ed)? .*context/i

/**
 * Anthropic's Messages API, and gateways that offer it. Requests and answers are translated on the wire, so that limits,
 * errors, secrets and usage are the same for all providers. People write the address with or without `/v1`.
 */
export const describeAnthropic: DescribeProvider = (_model, address) => {
  const base = address.replace(/\/+$/, '').replace(/\/v1$/, '') || PUBLIC_ADDRESS
  return {
    baseUrl: `${base}/v1`,
    query: {},
    credentialHeaders: (secret) => ({ 'x-api-key': secret.reveal() }),
    translate: (send) => (_url, init) => ask(send, `${base}/v1/messages`, init)
  }
}

async function ask(send: typeof fetch, url: string, init: RequestInit = {}): Promise<Response> {
  const request = JSON.parse(String(init.body)) as ChatRequest
  const headers = new Headers(init.headers)
  headers.set('anthropic-version', API_VERSION)
  // Of the body that was.
  headers.delete('content-length')
  const body = JSON.stringify(toMessagesRequest(request))
  const response = await send(url, { ...init, headers, body })
  if (response.status >= 400) return refusal(response)
  if (!response.ok || !response.body) return response
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('event-stream')) {
    return translated(response, streamOf(toChunks(response.body)), type)
  }
  return whole(response)
}

async function whole(response: Response): Promise<Response> {
  const text = await readText(response, MAX_WHOLE_BYTES)
  const answer = toCompletion(parse(text))
  const type = response.headers.get('content-type') ?? ''
  if (answer === undefined) return translated(response, text, type)
  return translated(response, JSON.stringify(answer), 'application/json')
}

/** In OpenAI's words where they mean more than the status. */
async function refusal(response: Response): Promise<Response> {
  const text = await response.text()
  const body = parse(text)
  const error = isRecord(body) && isRecord(body.error) ? body.error : undefined
  const type = response.headers.get('content-type') ?? ''
  if (!error) return translated(response, text, type)
  const isTooLong = CONTEXT_TOO_LONG.test(String(error.message))
  const code = isTooLong ? 'context_length_exceeded' : error.type
  return translated(response, JSON.stringify({ error: { ...error, code } }), type)
}

function translated(
  { status, statusText, headers: given }: Response,
  body: BodyInit,
  contentType: string
): Response {
  const headers = new Headers(given)
  headers.set('content-type', contentType)
  headers.delete('content-length')
  return new Response(body, { status, statusText, headers })
}

function streamOf(chunks: AsyncIterable<Uint8Array>): BodyInit {
  const stream: unknown = ReadableStream.from(chunks)
  // Node's types and the DOM's describe the same object with different words.
  return stream as BodyInit
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
