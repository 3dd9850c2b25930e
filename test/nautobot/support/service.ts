import { inject } from 'vitest'
import {
  type RealService,
  type RealServiceOptions,
  startRealService
} from '../../support/real-service.ts'
import { logIn } from './browser-session.ts'
import type {} from './provided.ts'

const SESSION_TOKEN_PATH = '/plugins/ai-ops/session-token/'

/** Status and body of an answer of the sidecar; `body` is the text where it is no JSON. */
export interface ServiceAnswer {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON, whose shape is what the tests look at
  readonly body: any
}

export interface Request {
  readonly method?: string
  readonly authorization?: string | undefined
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** The sidecar before the shared Nautobot, and how to call it. */
export interface Service extends RealService {
  call(path: string, request?: Request): Promise<ServiceAnswer>
  /** Asks a question and waits for its answer. */
  ask(
    authorization: string | undefined,
    message: string,
    headers?: Request['headers']
  ): Promise<ServiceAnswer>
}

export async function startService(options?: RealServiceOptions): Promise<Service> {
  const real = await startRealService(inject('nautobot'), options)
  const call: Service['call'] = async (path, request = {}) => {
    const { method = request.body ? 'POST' : 'GET', authorization, body, headers } = request
    const answer = await fetch(real.sidecar.url + path, {
      method,
      headers: {
        ...(authorization && { authorization }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers
      },
      ...(body && { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, text, body: parse(text) }
  }
  return {
    ...real,
    call,
    ask: (authorization, message, headers = {}) =>
      call('/api/v1/chat', { authorization, body: { message }, headers })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A user's own API token, as a header. */
export function apiToken(user: 'admin' | 'alice' | 'bob' | 'mallory'): string {
  return `Token ${inject('nautobot').users[user].token}`
}

/** Signs in as a browser does and fetches a session token, as a header. */
export async function sessionToken(user: 'admin' | 'alice' | 'bob') {
  const session = await logIn(user)
  const { body } = await session.post(SESSION_TOKEN_PATH)
  const { token } = body as { token: string }
  return { token, authorization: `Bearer ${token}`, logOut: session.logout }
}
