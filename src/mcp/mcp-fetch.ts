import type { Secret } from '../platform/secret.ts'
import { redactResponse } from '../platform/secret-redaction.ts'

/** What every request to a server carries besides the protocol's own. */
export interface ServerAccess {
  readonly address: string
  readonly secret: Secret | undefined
  /** Carries the secret as it is; empty: Authorization, as a bearer token. */
  readonly credentialHeader: string
  /** No secrets. */
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
}

/** A `fetch` that shows the server its credential and headers, and nobody else: another origin is not asked at all. */
export function createServerFetch(access: ServerAccess): typeof fetch {
  const { address, secret, credentialHeader, fetch: send } = access
  const { origin } = new URL(address)
  const credential = secret && credentialOf(secret, credentialHeader)
  return (async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin !== origin) throw new TypeError('The address leads to another server')
    const headers = new Headers(init.headers)
    for (const [name, value] of Object.entries(access.headers)) headers.set(name, value)
    if (credential) headers.set(...credential)
    return redactResponse(await send(url, { ...init, headers }), secret)
  }) as typeof fetch
}

function credentialOf(secret: Secret, header: string): [name: string, value: string] {
  const value = secret.reveal()
  return header === '' ? ['authorization', `Bearer ${value}`] : [header, value]
}
