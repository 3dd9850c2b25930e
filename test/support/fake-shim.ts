import type { ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createNautobotClient } from '../../src/nautobot/client.ts'
import type { NautobotClient } from '../../src/nautobot/client.types.ts'
import { Secret } from '../../src/platform/secret.ts'
import { json, startWireServer, type WireRequest, type WireServer } from './wire-server.ts'

export const SERVICE_TOKEN = 'service-token'
const API = '/api/plugins/ai-ops'

export interface SigningKey {
  kid: string
  privateKey: CryptoKey
  publicKey: CryptoKey
}

export async function makeKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  return { kid, privateKey, publicKey }
}

/** A session token as the shim signs it; `claims` and `header` replace what it would say. */
export async function sessionToken(
  key: SigningKey,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {}
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const said = {
    iss: 'nautobot',
    aud: 'nautobot-ai-ops',
    sub: 'id-alice',
    username: 'alice',
    scopes: ['chat'],
    sid: 'sid-1',
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: 'jti-1',
    typ: 'session'
  }
  return await new SignJWT({ ...said, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, ...header })
    .sign(key.privateKey)
}

/** A token as the shim signs it for the Job that starts `job`. */
export function jobToken(
  key: SigningKey,
  job: string,
  claims: Record<string, unknown> = {}
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const said = { aud: 'nautobot-ai-ops/job', typ: 'job', job, exp: now + 60 }
  return sessionToken(key, { ...said, scopes: undefined, sid: undefined, ...claims })
}

export interface FakeUser {
  username: string
  scopes: string[]
  exchanged?: boolean
}

/** What the fake answers; change it in mid-test. */
export interface FakeShimState {
  keys: SigningKey[]
  /** By API token. */
  users: Record<string, FakeUser>
  /** Answers every request with this status instead. */
  failWith: number | undefined
  /** Answers an exchange instead. */
  exchange: ((body: Record<string, string>, response: ServerResponse) => unknown) | undefined
}

export interface FakeShim {
  state: FakeShimState
  server: WireServer
  nautobot: NautobotClient
  /** How many requests went to an address of the shim: `jwks`, `whoami`, `token-exchange`. */
  asked(name: string): number
}

const tokenOf = (request: WireRequest) => request.headers.authorization?.replace('Token ', '') ?? ''

function whoami(state: FakeShimState, request: WireRequest, response: ServerResponse) {
  const user = state.users[tokenOf(request)]
  if (!user) return json(response, 403, { detail: 'Invalid token' })
  const { username, scopes, exchanged = false } = user
  return json(response, 200, { id: `id-${username}`, username, exchanged, scopes })
}

function handle(state: FakeShimState) {
  return async (request: WireRequest, response: ServerResponse) => {
    if (state.failWith) return json(response, state.failWith, { detail: 'no' })
    if (request.path === `${API}/whoami/`) return whoami(state, request, response)
    if (tokenOf(request) !== SERVICE_TOKEN) return json(response, 403, { detail: 'Invalid token' })
    if (request.path === `${API}/token-exchange/`)
      return state.exchange?.(request.body as Record<string, string>, response)
    const jwk = async ({ kid, publicKey }: SigningKey) => ({ ...(await exportJWK(publicKey)), kid })
    return { keys: await Promise.all(state.keys.map(jwk)) }
  }
}

/** The identity endpoints of the shim as a real HTTP server, and a client of it. */
export async function startFakeShim(initial: Partial<FakeShimState> = {}): Promise<FakeShim> {
  const state: FakeShimState = {
    keys: [],
    users: {},
    failWith: undefined,
    exchange: undefined,
    ...initial
  }
  const server = await startWireServer(handle(state))
  const nautobot = createNautobotClient({
    url: server.url,
    publicUrl: server.url,
    timeoutMs: 2_000,
    maxInFlight: 8,
    maxInFlightPerToken: 8,
    maxResponseBytes: 100_000,
    verifyTls: true
  })
  const asked = (name: string) =>
    server.requests.filter(({ path }) => path === `${API}/${name}/`).length
  return { state, server, nautobot, asked }
}

export const serviceToken = new Secret(SERVICE_TOKEN)

/** What travels with each call, with a signal that nobody aborts unless given. */
export const context = (signal = new AbortController().signal) => ({ signal, correlationId: 'c-1' })
