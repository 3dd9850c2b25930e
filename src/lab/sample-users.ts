import { randomBytes } from 'node:crypto'
import type { Secret } from '../platform/secret.ts'
import { refuse } from './sample-refusal.ts'
import { idOf } from './sample-source.ts'
import type { SampleObject, SampleStore } from './sample-store.ts'

/** Rights beyond looking, in Nautobot's words. */
export type SampleRight = 'write' | 'resolve_credential' | 'report_health' | 'exchange_token'

export interface SampleUser {
  readonly id: string
  readonly username: string
  readonly scopes: readonly string[]
  readonly rights: ReadonlySet<SampleRight>
  /** Whether the user may see some objects of a type. */
  mayView(objectType: string): boolean
  sees(object: SampleObject): boolean
}

export interface SampleIdentity {
  readonly user: SampleUser
  readonly writeEnabled: boolean
  readonly exchanged: boolean
}

export interface SampleUsersOptions {
  readonly store: SampleStore
  readonly serviceToken: Secret
  readonly labToken: Secret
  readonly restrictedToken: Secret
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const RESTRICTED_LOCATION = 'AMS01'
/** Where the location of an object is found. */
export const LOCATION_PATHS: Readonly<Record<string, string>> = {
  'circuits.circuit': 'circuit_terminations.location',
  'circuits.circuittermination': 'location',
  'dcim.device': 'location',
  'dcim.interface': 'device.location',
  'dcim.location': 'id',
  'dcim.rack': 'location',
  'ipam.ipaddress': 'interfaces.device.location',
  'ipam.prefix': 'locations',
  'ipam.vlan': 'locations',
  'ipam.vlangroup': 'location'
}
/** What the restricted user sees all of. */
const COMMON_TYPES = new Set([
  'circuits.circuittype',
  'circuits.provider',
  'dcim.devicetype',
  'dcim.locationtype',
  'dcim.manufacturer',
  'dcim.platform',
  'extras.role',
  'extras.status',
  'extras.tag',
  'ipam.namespace',
  'nautobot_ai_ops.llmmodel',
  'tenancy.tenant'
])
const SERVICE_TYPES = new Set([
  'extras.status',
  'nautobot_ai_ops.llmmodel',
  'nautobot_ai_ops.mcpserver',
  'nautobot_ai_ops.systemprompt'
])

const TOKEN_LIFETIME_MS = 600_000
const GRANT_LIFETIME_MS = 3_600_000
/** Exchanged tokens, and as many grants, kept at a time; the oldest go first. */
export const MAX_TOKENS = 1000

interface Exchanged {
  readonly user: SampleUser
  readonly expiresAtMs: number
}

export interface SampleUsers {
  /** Whom an `Authorization` header names. @throws SampleRefusal as Nautobot's 403. */
  authenticate(authorization: string | undefined): SampleIdentity
  /** The user who sees everything. */
  readonly lab: SampleUser
  /** Exchanges an API token or a grant for a read-only token. @throws SampleRefusal with the shim's code. */
  exchange(kind: string, presented: string): Readonly<Record<string, unknown>>
}

export function createSampleUsers(options: SampleUsersOptions): SampleUsers {
  const { store, now } = options
  const lab = createUser('lab', ['chat', 'operate', 'erase'], ['write'], () => true)
  const restricted = createRestrictedUser(store)
  const service = createUser(
    'ai-ops-service',
    [],
    ['resolve_credential', 'report_health', 'exchange_token'],
    (objectType) => SERVICE_TYPES.has(objectType)
  )
  const apiTokens = new Map([
    [options.labToken.reveal(), lab],
    [options.restrictedToken.reveal(), restricted],
    [options.serviceToken.reveal(), service]
  ])
  const tokens = new Map<string, Exchanged>()
  const grants = new Map<string, Exchanged>()

  const userOf = createExchangeRules({ apiTokens, tokens, grants, now })

  return {
    lab,

    authenticate(authorization) {
      const [keyword, key = ''] = (authorization ?? '').split(' ')
      if (keyword !== 'Token') throw refuse(403, 'Authentication credentials were not provided.')
      const user = apiTokens.get(key)
      if (user) return { user, writeEnabled: true, exchanged: false }
      const exchanged = tokens.get(key)
      if (!exchanged) throw refuse(403, 'Invalid token')
      if (exchanged.expiresAtMs <= now()) throw refuse(403, 'Token expired')
      return { user: exchanged.user, writeEnabled: false, exchanged: true }
    },

    exchange(kind, presented) {
      const user = userOf(kind, presented)
      if (!user.scopes.includes('chat')) throw refuse(403, 'The user may not chat.', 'user_refused')
      const grant = kind === 'grant' ? presented : randomBytes(32).toString('base64url')
      const token = randomBytes(20).toString('hex')
      keep(tokens, token, { user, expiresAtMs: now() + TOKEN_LIFETIME_MS })
      const granted = grants.get(grant) ?? { user, expiresAtMs: now() + GRANT_LIFETIME_MS }
      keep(grants, grant, granted)
      return {
        token,
        expires: toSeconds(now() + TOKEN_LIFETIME_MS),
        grant,
        grant_expires: toSeconds(granted.expiresAtMs),
        user: { id: user.id, username: user.username },
        scopes: user.scopes
      }
    }
  }
}

interface ExchangeRules {
  readonly apiTokens: ReadonlyMap<string, SampleUser>
  readonly tokens: ReadonlyMap<string, Exchanged>
  readonly grants: ReadonlyMap<string, Exchanged>
  readonly now: () => number
}

/** Who presents a token, with the shim's refusals. */
function createExchangeRules({ apiTokens, tokens, grants, now }: ExchangeRules) {
  function userOfApiToken(presented: string): SampleUser {
    if (tokens.has(presented)) {
      throw refuse(400, 'This token was made by an exchange.', 'token_exchanged')
    }
    const user = apiTokens.get(presented)
    if (!user) throw refuse(400, 'The token is not valid.', 'token_invalid')
    return user
  }

  function userOfGrant(presented: string): SampleUser {
    const grant = grants.get(presented)
    if (!grant) throw refuse(400, 'The grant is not valid.', 'token_invalid')
    if (grant.expiresAtMs <= now()) throw refuse(400, 'The grant has expired.', 'token_expired')
    return grant.user
  }

  /** The sample has no browser sessions: a session token is always a stranger's. */
  function userOf(kind: string, presented: string): SampleUser {
    if (kind === 'api_token') return userOfApiToken(presented)
    if (kind === 'grant') return userOfGrant(presented)
    throw refuse(400, 'The session token is not valid.', 'token_invalid')
  }

  return userOf
}

function createUser(
  username: string,
  scopes: readonly string[],
  rights: readonly SampleRight[],
  mayView: (objectType: string) => boolean
): SampleUser {
  const id = idOf('users.user', username) ?? ''
  const sees = ({ objectType }: SampleObject) => mayView(objectType)
  return { id, username, scopes, rights: new Set(rights), mayView, sees }
}

function createRestrictedUser(store: SampleStore): SampleUser {
  const root = idOf('dcim.location', RESTRICTED_LOCATION) ?? ''
  const places = store.withDescendants('dcim.location', root)
  const mayView = (type: string) => COMMON_TYPES.has(type) || Object.hasOwn(LOCATION_PATHS, type)
  return {
    ...createUser('restricted', ['chat'], [], mayView),
    sees(object) {
      const path = LOCATION_PATHS[object.objectType]
      if (path === undefined) return COMMON_TYPES.has(object.objectType)
      return store.pluck(object, path).some((id) => places.has(String(id)))
    }
  }
}

function keep(kept: Map<string, Exchanged>, key: string, value: Exchanged): void {
  kept.set(key, value)
  const [oldest] = kept.keys()
  if (kept.size > MAX_TOKENS && oldest !== undefined) kept.delete(oldest)
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
