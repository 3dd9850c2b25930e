import { ChatError } from './chat-error.ts'

/** A token is renewed this long before it ends. */
export const RENEW_BEFORE_MS = 60_000
/** Answering with a token takes Nautobot milliseconds; longer means it is in trouble. */
export const TOKEN_TIMEOUT_MS = 15_000

export interface SessionTokens {
  /** A token good for at least RENEW_BEFORE_MS. Throws ChatError SIGN_IN, CHAT_NOT_PERMITTED or a network one. */
  get(): Promise<string>
  /** The service refused the token: the next `get` asks for another. */
  forget(): void
}

interface SessionTokenOptions {
  /** Nautobot's page that exchanges the browser's session for a token. */
  readonly url: string
  readonly fetch?: typeof globalThis.fetch
  readonly csrfToken?: () => string
  readonly now?: () => number
}

interface Held {
  readonly token: string
  readonly expiresAtMs: number
}

/** Tokens of the person signed in to Nautobot; one request at a time, kept in memory only. */
export function createSessionTokens(options: SessionTokenOptions): SessionTokens {
  const { url, fetch = globalThis.fetch, csrfToken = readCsrfToken, now = Date.now } = options
  let held: Held | undefined
  let pending: Promise<Held> | undefined

  async function request(): Promise<Held> {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() },
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS)
    }).catch((cause: unknown) => {
      throw new ChatError('SERVICE_UNREACHABLE', 'Nautobot does not answer.', {
        retryable: true,
        cause
      })
    })
    if (!response.ok) throw refusal(response)
    const body = (await response.json()) as { token: string; expires: number }
    return { token: body.token, expiresAtMs: body.expires * 1000 }
  }

  return {
    async get() {
      if (held && held.expiresAtMs - RENEW_BEFORE_MS > now()) return held.token
      pending ??= request().finally(() => {
        pending = undefined
      })
      held = await pending
      return held.token
    },
    forget() {
      held = undefined
    }
  }
}

function refusal({ status, headers }: Response): ChatError {
  // Django's own 403 is a page: the cookie against forged requests went with the session.
  const isPage = !headers.get('content-type')?.startsWith('application/json')
  if (status === 401 || (status === 403 && isPage)) {
    return new ChatError('SIGN_IN', 'Your Nautobot session has ended.')
  }
  if (status === 403) {
    return new ChatError('CHAT_NOT_PERMITTED', 'Nautobot does not let you use the chat.')
  }
  return new ChatError('SERVICE_UNREACHABLE', `Nautobot answered ${status} instead of a token.`, {
    retryable: true
  })
}

/** Django's CSRF token: its cookie, or the global that Nautobot's pages set. */
export function readCsrfToken(): string {
  const cookie = document.cookie.split('; ').find((entry) => entry.startsWith('csrftoken='))
  if (cookie) return decodeURIComponent(cookie.slice('csrftoken='.length))
  const global = (globalThis as { nautobot_csrf_token?: unknown }).nautobot_csrf_token
  return typeof global === 'string' ? global : ''
}

/** Nautobot's login page, leading back here. */
export function signInUrl(): string {
  return `/login/?next=${encodeURIComponent(location.pathname + location.search)}`
}
