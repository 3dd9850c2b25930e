import { inject } from 'vitest'
import type { Login, UserName } from '../../../nautobot-plugin-shim/development/logins.ts'
import type {} from './provided.ts'

/** A person's session with Nautobot's pages, without a browser: cookies, and the header against forged requests. */
export interface BrowserSession {
  /** Text of a page; follows redirects. `path` begins with `/`, or is a whole address of this Nautobot. */
  page(path: string): Promise<string>
  /** The table of a list page, which Nautobot's pages fetch once they are shown. */
  table(path: string): Promise<string>
  post(path: string): Promise<{ status: number; body: unknown }>
  logout(): Promise<void>
}

const MAX_REDIRECTS = 5

/** Logs in to the shared Nautobot by its own form. */
export function logIn(user: UserName): Promise<BrowserSession> {
  return logInAt(inject('nautobot'), user)
}

/** Logs in by Nautobot's own form. */
export async function logInAt<U extends string = UserName>(
  { url, users }: { url: string; users: Readonly<Record<U, Login>> },
  user: U
): Promise<BrowserSession> {
  const cookies = new Map<string, string>()

  async function request(address: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...init.headers, cookie, referer: url }
    const answer = await fetch(new URL(address, url), { ...init, headers, redirect: 'manual' })
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ''] = set.split(';')
      const at = pair.indexOf('=')
      cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }

  async function follow(address: string, headers: HeadersInit = {}): Promise<string> {
    let next = address
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const answer = await request(next, { headers })
      const location = answer.headers.get('location')
      if (!location) return await answer.text()
      next = new URL(location, new URL(next, url)).href
    }
    throw new Error(`${address} redirects too often`)
  }

  const forgeryHeader = () => ({ 'x-csrftoken': cookies.get('csrftoken') ?? '' })

  async function submit(path: string, fields: Record<string, string>): Promise<void> {
    const answer = await request(path, {
      method: 'POST',
      headers: forgeryHeader(),
      body: new URLSearchParams(fields)
    })
    if (answer.status !== 302) throw new Error(`${path} answered ${answer.status}`)
  }

  await follow('/login/')
  const { username, password } = users[user]
  await submit('/login/', { username, password })
  return {
    page: (path) => follow(path),
    table: (path) => follow(path, { 'hx-request': 'true' }),
    async post(path) {
      const answer = await request(path, { method: 'POST', headers: forgeryHeader() })
      return { status: answer.status, body: await answer.json() }
    },
    logout: async () => void (await follow('/logout/'))
  }
}
